"""The JSON Schema by which editors complete and check recipes."""

from typing import Any

from nfolab.strategies.schema import RecipeFile


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a recipe's file, of draft 4: what checks TOML in editors knows no later one."""
    head = {"$schema": "http://json-schema.org/draft-04/schema#", "title": "NFOpsLab recipe"}
    made: dict[str, Any] = _for_editors(RecipeFile.model_json_schema())
    return head | made


def _for_editors(node: Any) -> Any:
    """Return a schema without nulls, which TOML has not, and in the words of draft 4, where references stand alone."""
    if isinstance(node, list):
        return [_for_editors(one) for one in node if one != {"type": "null"}]
    if not isinstance(node, dict):
        return node
    made: dict[str, Any] = {}
    for key, value in node.items():
        if key in ("properties", "$defs"):
            made["definitions" if key == "$defs" else key] = {name: _for_editors(one) for name, one in value.items()}
        elif key == "$ref":
            made[key] = value.replace("#/$defs/", "#/definitions/")
        elif key == "const":
            made["enum"] = [value]
        elif key != "title" and not (key == "default" and not isinstance(value, str | list)):
            made[key] = _for_editors(value)
    if len(made.get("anyOf", ())) == 1:
        (only,) = made.pop("anyOf")
        made = {**only, **made}
    if "$ref" in made and len(made) > 1:
        made = {"allOf": [{"$ref": made.pop("$ref")}], **made}
    return made
