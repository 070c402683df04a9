"""What an optimisation was worth and how much better another could be."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from livestreams.choices import ProofKind


class ProvenMixin(models.Model):
    """`value` is what was found, `bound` what nothing can exceed, both in the model's unit; without proof no bound."""

    proof = models.CharField(_("proof"), max_length=16, choices=ProofKind, blank=True)
    value = models.BigIntegerField(_("value"), null=True)
    bound = models.BigIntegerField(_("bound"), null=True)
    spent = models.FloatField(_("time spent (seconds)"), null=True)

    class Meta:
        abstract = True

    @property
    def gap_percent(self) -> float | None:
        """By how many percent of its value a better one could exceed this; None without proof."""
        if self.bound is None or self.value is None:
            return None
        return 100.0 * (self.bound - self.value) / self.value if self.value else 100.0 * (self.bound > 0)
