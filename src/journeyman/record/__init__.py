"""Owns recorded runs: the file, the comparison, and what stands in for the outside in a replay; refuses to decide."""

from journeyman.record.comparing import CannotPlay, Comparison, Difference, Differs, Hidden, RecordEnds
from journeyman.record.contract import FORMAT, VERSION, Manifest, RunPart
from journeyman.record.normalising import normalised
from journeyman.record.reading import Recording, extract_trees, read_recording
from journeyman.record.testing import recording_in, write_test
from journeyman.record.verdict import Verdict

__all__ = [
    "FORMAT",
    "VERSION",
    "CannotPlay",
    "Comparison",
    "Difference",
    "Differs",
    "Hidden",
    "Manifest",
    "RecordEnds",
    "Recording",
    "RunPart",
    "Verdict",
    "extract_trees",
    "normalised",
    "read_recording",
    "recording_in",
    "write_test",
]
