"""How long one snapshot of the wall takes. Run by `_sites.measured` on a site with the small demo: prints ms."""

from __future__ import annotations

import json

from analytics.wall.snapshot import wall_snapshot
from bench import best_ms
from parks.models import Park


def main() -> None:
    park = Park.objects.get(code="tiny")
    (snapshot_ms,) = best_ms(20, lambda: wall_snapshot(park))
    print(json.dumps(snapshot_ms))


if __name__ == "__main__":
    main()
