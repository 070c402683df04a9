"""The import contract of the apps' rooms, for import-linter."""

from __future__ import annotations

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class PrivateRooms(Contract):
    """The doors of an app are its own: other apps use its models, selectors and services instead.

    `apps` and `rooms` name them; `also` names the package that puts the doors together and may see them all.
    A room that an app does not have, or has as a package, needs no line anywhere.
    """

    type_name = "private_rooms"
    apps = fields.ListField(subfield=fields.StringField())
    rooms = fields.ListField(subfield=fields.StringField())
    also = fields.StringField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        broken = []
        for door in sorted(module for module in graph.modules if self._is_door(module)):
            for importer in sorted(graph.find_modules_that_directly_import(door)):
                if importer.split(".")[0] not in (door.split(".")[0], self.also):
                    lines = graph.get_import_details(importer=importer, imported=door)
                    broken.append((importer, door, sorted(line["line_number"] for line in lines)))
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def _is_door(self, module: str) -> bool:
        app, _, rest = module.partition(".")
        return app in self.apps and rest.split(".")[0] in self.rooms

    def render_broken_contract(self, check: ContractCheck) -> None:
        broken: list[tuple[str, str, list[Any]]] = check.metadata["broken"]
        for importer, door, lines in broken:
            output.print_error(f"- {importer} -> {door} (l.{', '.join(map(str, lines))})", bold=False)
