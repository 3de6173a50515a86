"""The claims: a new one is a module with its `Kind`, and a line here."""

from __future__ import annotations

from emergence.claims import agreement, clustering, enriched, preferred, resolution, switching
from emergence.claims.base import Kind

#: In the order in which the pages show them.
CLAIMS: tuple[Kind, ...] = (
    preferred.CLAIM,
    enriched.CLAIM,
    clustering.CLAIM,
    agreement.CLAIM,
    switching.CLAIM,
    resolution.CLAIM,
)
