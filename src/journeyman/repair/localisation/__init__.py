"""Owns where a fault is likely to be, by what failing and passing tests run; refuses to change anything."""

from journeyman.repair.localisation.formulas import FORMULAS, Counts
from journeyman.repair.localisation.localising import Localisation, localisable, localise
from journeyman.repair.localisation.spectrum import Spectrum, traced
from journeyman.repair.localisation.telling import CoverageLocaliser, suspects, told
from journeyman.repair.localisation.tracing import Located, locate, located

__all__ = [
    "FORMULAS",
    "Counts",
    "CoverageLocaliser",
    "Localisation",
    "Located",
    "Spectrum",
    "localisable",
    "localise",
    "locate",
    "located",
    "suspects",
    "told",
    "traced",
]
