"""The recipe that `nfolab new` writes: it runs as it is, and says at each place what else may stand there."""

_TEMPLATE = """\
# {name}: a recipe to begin with. It runs as it is: nfolab run {name}.toml
# docs/recipes.md tells all words. For completion in VS Code (Even Better TOML) write the schema beside this file,
#   nfolab check --schema > recipe.schema.json
# and make the first line of this file:  #:schema ./recipe.schema.json

title    = "{title}"
side     = "sell"                # buy, sell or mixed
idea     = "What you want to earn from, in a sentence."
readings = ["What you decided where the idea leaves it open."]

# Names of your own. A word below that is one of them stands for its value; --set stop=20% changes it for a run,
# --grid stop=none,20%,30% tries several.
[params]
entry = {{ default = "09:45:00", grid = ["09:20:00", "09:45:00", "11:00:00"] }}
stop  = {{ default = "30%", grid = ["none", "20%", "30%"] }}

# When a trade begins: at times of day, or on a condition with when = "..." and between = ["10:00:00", "14:00:00"].
[enter]
at = "entry"

# What it holds: one table a leg. sell or buy; CE or PE; a strike such as atm, otm 1%, premium ~ 100rs, delta ~ 0.30.
[[leg]]
sell   = "CE"
strike = "atm"

[[leg]]
sell   = "PE"
strike = "atm"

# When it ends. stop and target are of the whole: percent of the premium, points (40pt) or rupees (1500rs); leg_stop and
# leg_target are of each leg. Everything is closed at time, 15:20:00 at the latest.
[exit]
stop   = "stop"
target = "50%"
time   = "15:15:00"
"""


def template(name: str) -> str:
    """Return the text of a recipe of this id."""
    return _TEMPLATE.format(name=name, title=name.replace("_", " ").capitalize())
