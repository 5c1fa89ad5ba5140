"""Owns where a fault is likely to be, by what failing and passing tests run; refuses to change anything."""

from journeyman.repair.localisation.formulas import FORMULAS, Counts
from journeyman.repair.localisation.localising import Localisation, localisable, localise, ranked
from journeyman.repair.localisation.spectrum import Spectrum, Told, traced
from journeyman.repair.localisation.telling import CoverageLocaliser, suspects, told

__all__ = [
    "FORMULAS",
    "Counts",
    "CoverageLocaliser",
    "Localisation",
    "Spectrum",
    "Told",
    "localisable",
    "localise",
    "ranked",
    "suspects",
    "told",
    "traced",
]
