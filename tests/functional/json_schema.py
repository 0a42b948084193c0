"""The part of JSON Schema (2020-12) that the schemas in api/ use, and nothing else.

A keyword that is not known here is an error, and so is a property that the schema does not describe: readers
must ignore such properties, but our own programs must not print them undocumented.
"""
import re

TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
}
NOTES = {"$schema", "$id", "$defs", "title", "description"}  # nothing to check


class Schema:
    def __init__(self, root):
        self.root = root

    def errors(self, value, schema=None, where="$"):
        """A list of texts; empty if `value` is as the schema says."""
        schema = self.root if schema is None else schema
        if "type" in schema and not TYPES[schema["type"]](value):
            return [f"{where}: {value!r} is no {schema['type']}"]
        found = []
        for keyword, wanted in schema.items():
            if keyword not in NOTES and keyword != "type":
                check = getattr(self, "check_" + keyword.replace("$", ""), None)
                if check is None:
                    found.append(f"{where}: the schema uses {keyword}, which this checker does not know")
                else:
                    found += check(value, wanted, where, schema)
        return found

    def check_ref(self, value, wanted, where, _):
        target = self.root
        for step in wanted.removeprefix("#/").split("/"):
            target = target[step]
        return self.errors(value, target, where)

    def check_oneOf(self, value, wanted, where, _):
        tried = [self.errors(value, choice, where) for choice in wanted]
        if sum(not errors for errors in tried) == 1:
            return []
        return [f"{where}: not exactly one of the choices"] + [e for errors in tried for e in errors]

    def check_const(self, value, wanted, where, _):
        return [] if value == wanted and type(value) is type(wanted) else [f"{where}: {value!r}, not {wanted!r}"]

    def check_enum(self, value, wanted, where, _):
        return [] if value in wanted else [f"{where}: {value!r} is none of {wanted}"]

    def check_required(self, value, wanted, where, _):
        return [f"{where}: no {name}" for name in wanted if name not in value]

    def check_properties(self, value, wanted, where, _):
        found = [f"{where}.{name}: not described" for name in value if name not in wanted]
        for name, schema in wanted.items():
            if name in value:
                found += self.errors(value[name], schema, f"{where}.{name}")
        return found

    def check_items(self, value, wanted, where, _):
        return [e for i, item in enumerate(value) for e in self.errors(item, wanted, f"{where}[{i}]")]

    def check_minimum(self, value, wanted, where, _):
        return [] if value >= wanted else [f"{where}: {value} is less than {wanted}"]

    def check_maximum(self, value, wanted, where, _):
        return [] if value <= wanted else [f"{where}: {value} is more than {wanted}"]

    def check_pattern(self, value, wanted, where, _):
        return [] if re.search(wanted, value) else [f"{where}: {value!r} does not match {wanted}"]

    def check_maxLength(self, value, wanted, where, _):
        return [] if len(value) <= wanted else [f"{where}: longer than {wanted}"]
