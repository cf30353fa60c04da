#!/usr/bin/env bash
# Wrong compilers, each of them one small change to `diagram/`, and whether the equality tests
# catch it: `tests/mutants.sh`, or `tests/mutants.sh NAME` for those whose names hold a word.
#
# Each is made in a work tree of its own below the target directory, at the last commit. A change
# that no longer applies is an error: rewrite it where the code moved. Exit status 0: all caught.
set -euo pipefail
cd "$(dirname "$0")/.."
# Its own, because cargo would take the two trees for one.
target="$(realpath -m "${CARGO_TARGET_DIR:-target}")/mutants"
tree="$target/tree"
core=crates/portolan-core/src/diagram
wanted="${1:-}"
export CARGO_TARGET_DIR="$target" CARGO_TERM_COLOR=never INSTA_UPDATE=no
unset PORTOLAN_LAWS

mkdir -p "$target"
git worktree prune
git worktree remove --force "$tree" 2>/dev/null || true
git worktree add --quiet --force --detach "$tree" HEAD
trap 'git worktree remove --force "$tree"' EXIT

build() {
  (cd "$tree" && cargo test --quiet --package portolan-testkit --test equal --test differences --no-run) \
    > "$target/build" 2>&1 || { cat "$target/build"; exit 1; }
}
equal() {
  (cd "$tree" && cargo test --quiet --package portolan-testkit --test differences &&
    cargo test --quiet --package portolan-testkit --test equal -- the_compiled_form) \
    > "$target/run" 2>&1
}

echo "without a change"
build
equal || { echo "the equality tests fail already"; tail -n 40 "$target/run"; exit 1; }

survivors=0 tried=0
# NAME EXPRESSION, the expression one of sed's extended ones, for whichever file it fits.
mutant() {
  local name="$1" expression="$2" began
  case "$name" in *"$wanted"*) ;; *) return 0 ;; esac
  git -C "$tree" checkout --quiet .
  find "$tree/$core.rs" "$tree/$core" -name '*.rs' -exec sed -E -i "$expression" {} +
  if git -C "$tree" diff --quiet; then
    echo "does not apply: $name"
    exit 1
  fi
  build
  tried=$((tried + 1))
  began=$SECONDS
  if equal; then
    echo "SURVIVES after $((SECONDS - began)) s: $name"
    survivors=$((survivors + 1))
  elif grep -q 'differ\|the catalog says' "$target/run"; then
    echo "caught in $((SECONDS - began)) s: $name"
  else
    echo "fails for another reason: $name"
    tail -n 40 "$target/run"
    exit 1
  fi
}

# ---- Comparisons and conditions
mutant "below a number is not up to it" \
  's/Comparison::Less => below\(from\(term\)\?\)/Comparison::Less => below(after(term)?)/'
mutant "a comparison turned round" \
  's/Comparison::Less => Comparison::Greater,/Comparison::Less => Comparison::Less,/'
mutant "the two sides of a test swapped" \
  's/if below == test\.below \{/if below != test.below {/'
mutant "a test that turns one too late" \
  's/\*value < slot\.copied\(\)\.unwrap_or\(test\.cut\)/*value <= slot.copied().unwrap_or(test.cut)/'
mutant "a rare test that turns one too late" \
  's/OWN => Ok\(value < test\.cut\)/OWN => Ok(value <= test.cut)/'
mutant "a test with many sides that turns one too late" \
  's/partition_point\(\|\(cut, _\)\| \*cut <= value\)/partition_point(|(cut, _)| *cut < value)/'
mutant "places that touch are within each other" \
  's/_ => self\.place\(a, moment\)\.within\(self\.place\(b, moment\)\)/_ => self.place(a, moment).overlaps(self.place(b, moment))/'
mutant "a set overlaps where it lacks" \
  's/=> meets\(b \& !minus\)/=> meets(b)/'
mutant "a text between two is neither" \
  's/texts\.len\(\) <= FEW \&\& !begun/texts.len() <= FEW/'

# ---- Panels
mutant "a constant of a panel that turns one too late" \
  's/add\(region >= column\.cut/add(region > column.cut/'
mutant "a panel's instant that turns one second too late" \
  's/add\(at >= self\.dated\.cut/add(at > self.dated.cut/'
mutant "a cut of a model that turns one too late in its panel" \
  's/if value >= cut \{/if value > cut {/'
mutant "a panel that counts a token more than are asked for" \
  's/input_tokens\.wrapping_add\(most\)/input_tokens.wrapping_add(most + 1)/'
mutant "a panel that takes a large number for a small one" \
  's/if \(at >> 1 \| most \| in_all\) >> 31 != 0/if false/'
mutant "a panel whose instants end in 2038" \
  's/\(at \^ 1 << 31\)\.cast_signed\(\)/at.cast_signed()/'
mutant "a panel for which fewer than no tokens are none" \
  's/MOST if cut == 0 => None/MOST if cut == u32::MAX => None/'
mutant "a further constant of a panel that turns one too late" \
  's/value\(further\) >= further\.column\.cut/value(further) > further.column.cut/'
mutant "a further cut of a model that turns one too late in its panel" \
  's/value\(further\) >= i64::from\(\*cut\)/value(further) > i64::from(*cut)/'
mutant "a panel without its further tests" \
  's/wide: !further\.is_empty\(\) \|\| !wider\.is_empty\(\)/wide: false/'
mutant "a panel that counts warnings twice" \
  's/count = count\.checked_add\(1\)\?/count = count.checked_add(2)?/'
mutant "a panel with the cuts of a neighbour" \
  's/cuts\.get\(of\)\)\.copied/cuts.get(of ^ 1)).copied/'
mutant "a panel whose kinds are told apart by their first endpoint alone" \
  's/let key = rows\.into\(\);/let key: Box<[u32]> = rows.iter().take(1).copied().collect();/'
mutant "a short answer with the price of the other stretch" \
  's/select_unpredictable\(later, then, first\)/select_unpredictable(later, first, then)/'
mutant "a short answer that takes output for input" \
  's/output: amount\(output, self\.output\),/output: amount(input, self.output),/'
mutant "a panel with the rows of another endpoint" \
  's/endpoint\.wrapping_mul\(self\.width\)/endpoint.wrapping_mul(0)/'
mutant "an id that is nobody's judged as if there were none" \
  's/Err\(true\) => self\.record\(compiled\.unknown\)\?/Err(true) => self.record(compiled.absent)?/'
mutant "a prefix that no look takes off" \
  's/plain: !panel\.wide && policy\.model_prefix\.is_none\(\)/plain: !panel.wide/'
mutant "the later price up to its day" \
  's/at\.unix_seconds\(\) >= self\.split/at.unix_seconds() > self.split/'

# ---- Locks and reasons
mutant "a lock dropped from the verdict" \
  's/let locked = self\.first\(broken, survives\)\?;/let _ = broken; let locked = survives;/'
mutant "only the first demand of a lock" \
  's/for demand in \&group\.demands \{/for demand in group.demands.iter().take(1) {/'
mutant "a demand known without where its dates stand" \
  's/self\.slots\.cuts\.iter\(\)\.any\(\|\(own, _\)\| own == field\)/self.slots.cuts.is_empty()/'
mutant "locks that are broken before excludes" \
  's/self\.first\(excluded, locked\)/{ let broken = self.first(broken, excluded)?; self.first(broken, locked) }/'

# ---- Order, price, time
mutant "an absent key comes first" \
  's/\(Some\(_\), None\) => Ordering::Less/(Some(_), None) => Ordering::Greater/'
mutant "the highest of the lowest" \
  's/\(Some\(a\), Some\(b\)\) if key\.lowest =>/(Some(a), Some(b)) if !key.lowest =>/'
mutant "a price tier that starts one token early" \
  's/input > row\.above/input >= row.above/'
mutant "a fact that never changes" \
  's/parts\.push\(\(next\.unix_seconds\(\), /parts.push((next.unix_seconds().saturating_add(1), /'

# ---- Chains and state
mutant "an unknown fallback speaks first" \
  's/unknown < rule/unknown > rule/'
mutant "the longest wait" \
  's/retry_after_s: waits\.min\(\)/retry_after_s: waits.max()/'
mutant "a default depth forgotten" \
  's/call\.chain\.depth\.or\(self\.compiled\.defaults\.depth\)/call.chain.depth/'
mutant "the prefix left on" \
  's/Some\(text\.strip_prefix\(prefix\)\.unwrap_or\(text\)\)/Some(text.strip_suffix(prefix).unwrap_or(text))/'
mutant "a retry with fallbacks only" \
  's/if found \{/if !found {/'

echo "$tried wrong compilers, $survivors survive"
[ "$survivors" -eq 0 ] && [ "$tried" -gt 0 ]
