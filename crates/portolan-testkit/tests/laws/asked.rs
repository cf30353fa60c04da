//! Random conditions, by what a kind of rule may read. Each is a sentence of its own: it asks
//! whether what may be absent is set before it reads it.

use crate::dice::Dice;
use crate::rules::Declared;
use crate::world::{DATES, PLACES};

fn combined(dice: &mut Dice, depth: usize, one: &mut dyn FnMut(&mut Dice) -> String) -> String {
    if depth == 0 || dice.chance(45) {
        let asked = one(dice);
        return if dice.chance(20) {
            format!("not ({asked})")
        } else {
            asked
        };
    }
    let (a, b) = (
        combined(dice, depth - 1, one),
        combined(dice, depth - 1, one),
    );
    let join = dice.pick(&["and", "or"]);
    format!("({a}) {join} ({b})")
}

/// A condition on the request alone.
pub(crate) fn about_request(dice: &mut Dice, declared: &Declared<'_>, depth: usize) -> String {
    combined(dice, depth, &mut |dice| request(dice, declared))
}

/// A condition that may read the candidate.
pub(crate) fn about_route(dice: &mut Dice, declared: &Declared<'_>, depth: usize) -> String {
    combined(dice, depth, &mut |dice| {
        if dice.chance(30) {
            request(dice, declared)
        } else {
            route(dice, declared)
        }
    })
}

/// A condition that reads facts about now.
pub(crate) fn about_state(dice: &mut Dice, declared: &Declared<'_>) -> String {
    let now = match dice.below(5) {
        0 => "not route.healthy".to_owned(),
        1 => "route.healthy".to_owned(),
        2 => format!("route.used > {}", dice.below(50)),
        3 => format!("not (model.used < {})", dice.below(50)),
        _ => format!("model.used >= {}", dice.below(50)),
    };
    if dice.chance(60) {
        return now;
    }
    if dice.chance(30) {
        return format!("{now} or not route.healthy");
    }
    let other = about_route(dice, declared, 1);
    format!("({other}) and {now}")
}

fn date(dice: &mut Dice) -> &'static str {
    DATES[dice.below(DATES.len())]
}

fn place(dice: &mut Dice) -> String {
    format!("{:?}", dice.pick(&PLACES))
}

fn request(dice: &mut Dice, declared: &Declared<'_>) -> String {
    let world = declared.world;
    let region = dice.one_of(&world.regions).name.clone();
    let endpoint = dice.one_of(&world.endpoints).name.clone();
    let model = dice.one_of(&world.models).clone();
    let tokens = dice.pick(&["0", "100", "1k", "4_000", "1M"]);
    let date_one = date(dice);
    let order = dice.pick(&["<", "<=", ">", ">=", "==", "!="]);
    match dice.below(30) {
        0 | 1 if !declared.sets_stream => "request.stream".to_owned(),
        2 | 3 if declared.max_tokens_default => format!("request.max_tokens {order} {tokens}"),
        2 | 3 => format!("request.max_tokens is set and request.max_tokens {order} {tokens}"),
        4 => format!("request.input_tokens {order} {tokens}"),
        5 => format!("over({tokens})"),
        6 => format!("request.total_tokens {order} {tokens}"),
        7 => "request.model_region is not set".to_owned(),
        8 => format!(
            "request.model_region is set and request.model_region {} {region:?}",
            dice.pick(&["==", "!="])
        ),
        9 => format!(
            "request.model_region is not set or not (request.model_region in {{ {region:?}, \"global\" }})"
        ),
        10 => "request.model_region is set and request.model_region matches \"e*\"".to_owned(),
        11 => "request.temperature is set and request.temperature > 1.5".to_owned(),
        12..=14 => format!("request.at {order} {date_one}"),
        15 => format!("request.at in {{ {date_one}, {} }}", date(dice)),
        16 => format!("request.at + 30d {order} {date_one}"),
        17 => format!("request.endpoint {} {endpoint}", dice.pick(&["==", "!="])),
        18 => format!("request.endpoint.region == {region}"),
        19 => format!(
            "request.endpoint.ingress {} {}",
            dice.pick(&["within", "overlaps"]),
            place(dice)
        ),
        20 => format!(
            "request.tier in {{ {} }}",
            dice.pick(&["free", "free, paid", "gold"])
        ),
        21 => "request.team is set and request.team != red".to_owned(),
        22 => format!("request.tenant.residency within {}", place(dice)),
        23 => "request.tenant == t2 or request.strict".to_owned(),
        24 => "request.auth == missing or request.fault != none".to_owned(),
        25 => "not (request.content subset of { \"text\" })".to_owned(),
        26 => "request.parameters overlaps { tools }".to_owned(),
        27 => format!(
            "request.model is set and request.model {} {model:?}",
            dice.pick(&["==", "!="])
        ),
        28 => format!(
            "request.model is set and request.model matches \"{}*\"",
            &model[..2]
        ),
        29 => format!(
            "request.model is set and request.model.retires is set and request.at {order} request.model.retires"
        ),
        _ => "request.zero_data_retention is set and request.zero_data_retention".to_owned(),
    }
}

fn route(dice: &mut Dice, declared: &Declared<'_>) -> String {
    let world = declared.world;
    let region = dice.one_of(&world.regions).name.clone();
    let provider = dice.one_of(&world.providers).name.clone();
    let offset = dice.pick(&["", " - 30d", " + 10d"]);
    let order = dice.pick(&["<", "<=", ">", ">="]);
    let asks = if declared.max_tokens_default {
        ""
    } else {
        "request.max_tokens is set and "
    };
    match dice.below(22) {
        0 => format!("route.region == {region}"),
        1 => "route.region != request.endpoint.region".to_owned(),
        2 | 3 => {
            format!("route.model.retires is set and request.at {order} route.model.retires{offset}")
        }
        4 => format!(
            "route.model.released is set and request.at {order} route.model.released{offset}"
        ),
        5 => format!("route.max_output is set and {asks}request.max_tokens > route.max_output"),
        6 => {
            "route.context_window is set and request.total_tokens > route.context_window".to_owned()
        }
        7 => "\"tools\" in route.capabilities".to_owned(),
        8 => "route.parameters is set and not (request.parameters subset of route.parameters)"
            .to_owned(),
        9 => format!("route.processing within {}", place(dice)),
        10 => format!("route.storage overlaps {}", place(dice)),
        11 => format!("route.ingress within {}", place(dice)),
        12 => format!(
            "route.retention within {}",
            dice.pick(&["zero", "7d", "30d"])
        ),
        13 => format!("route.price.output is set and route.price.output {order} $5.00"),
        14 => format!("route.providers overlaps {{ {provider} }}"),
        15 => "route.maker is set and route.maker == acme".to_owned(),
        16 => {
            format!("route.price_changes is set and request.at {order} route.price_changes{offset}")
        }
        17 => format!("route.from is set and request.at {order} route.from{offset}"),
        18 => format!("route.until is set and request.at {order} route.until{offset}"),
        19 => "route.score.quality is set and route.score.quality < 3".to_owned(),
        20 => "route.upstream_id matches \"o*1\"".to_owned(),
        _ => "asked".to_owned(),
    }
}
