
"use strict";
(function () {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const lines = Array.from(document.querySelectorAll("#routes > tbody > tr"));
  const rows = data.rows.map((row, number) => ({
    line: lines[number],
    cells: lines[number].cells,
    text: lines[number].textContent.toLowerCase(),
    shown: row.periods[0][1],
    data: row,
  }));
  const filters = ["maker", "provider", "region", "endpoint"];

  // What holds at a date: the last period that has begun.
  function lineAt(row, date) {
    let found = row.data.periods[0][1];
    for (const [from, line] of row.data.periods) {
      if (from > date) break;
      found = line;
    }
    return found;
  }

  function fill(row, number) {
    if (row.shown === number) return;
    row.shown = number;
    const [state, texts] = data.cells[number];
    const [name, symbol, word] = data.states[state];
    const cell = row.cells[data.column];
    cell.className = name;
    cell.firstChild.textContent = symbol;
    cell.lastChild.textContent = " " + word;
    texts.forEach((text, offset) => {
      row.cells[data.column + 1 + offset].textContent = text;
    });
    row.text = row.line.textContent.toLowerCase();
  }

  function draw() {
    const date = Number(byId("date").value);
    const words = byId("text").value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = filters
      .map((name) => [name, byId(name).value])
      .filter(([, value]) => value !== "");
    const only = byId("available").checked;
    let count = 0;
    for (const row of rows) {
      fill(row, lineAt(row, date));
      const available = data.states[data.cells[row.shown][0]][3];
      const fits =
        (!only || available) &&
        wanted.every(([name, value]) => row.data[name].includes(Number(value))) &&
        words.every((word) => row.text.includes(word));
      row.line.hidden = !fits;
      count += fits ? 1 : 0;
    }
    const from = data.instants[date];
    const until = data.instants[date + 1] || data.until;
    const stretch = until ? from + " until " + until : "from " + from + " on";
    byId("stretch").textContent = stretch;
    byId("date").setAttribute("aria-valuetext", stretch);
    byId("when").textContent = data.instants.length > 1 ? stretch : "at " + from;
    const all = count === rows.length;
    byId("count").textContent = all ? count + " routes" : count + " of " + rows.length + " routes";
    byId("earlier").disabled = date === 0;
    byId("later").disabled = date === data.instants.length - 1;
  }

  function step(by) {
    byId("date").value = String(Number(byId("date").value) + by);
    draw();
  }

  byId("earlier").addEventListener("click", () => step(-1));
  byId("later").addEventListener("click", () => step(1));
  for (const id of ["date", "text", "available"].concat(filters)) {
    byId(id).addEventListener("input", draw);
  }
  byId("controls").hidden = false;
  draw();
})();
