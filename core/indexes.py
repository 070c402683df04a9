"""Indexes that are taken for what they are for alone."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q


class OnlyByAll(models.Index):
    """An index that PostgreSQL takes only for queries that name its last column.

    PostgreSQL may believe a table empty that a long transaction is filling: a vacuum came by when there was nothing
    else. Then all indexes are as good to it, and it takes the lowest, though a query names the first column alone and
    reads all there is of it. SQLite goes by how many columns are named, and takes no index with a condition for a join.
    """

    def create_sql(
        self, model: type[models.Model], schema_editor: Any, using: str = "", **options: Any
    ) -> Any:
        if schema_editor.connection.vendor != "postgresql":
            return super().create_sql(model, schema_editor, using, **options)
        # True of each row, and PostgreSQL sees it follow from any comparison with the column.
        named = Q((f"{self.fields[-1]}__isnull", False))
        index = models.Index(fields=self.fields, name=self.name, condition=named)
        return index.create_sql(model, schema_editor, using, **options)
