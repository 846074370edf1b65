"""What travels as JSON between the server and its visitors; the OpenAPI description is made from it."""

from typing import Literal

from pydantic import BaseModel, Field

from fakeface.inference.verdicts import FaceVerdictName, Kind, Reason, VerdictName

Side = Literal["left", "right"]
Picture = str


class HeatMap(BaseModel):
    """Where the network looked in one of its views, or where its own map says that something was pasted in."""

    face: int | None = Field(
        description="Place of the face in the list of faces, from 0; null for the whole photograph."
    )
    view: str = Field(description="Name of the view, such as original, ela or face.")
    title: str = Field(description="What this view shows, in words.")
    picture: Picture = Field(
        description="The heat map over what it is of, in grey, as a data URL: the view of a face, or the photograph."
    )


class Evidence(BaseModel):
    """Pictures beside the verdict."""

    original: Picture = Field(description="The photograph, made smaller, as a data URL.")
    ela: Picture = Field(
        description="How much each pixel changes when it is saved once more, read by the network or not."
    )
    heat_maps: list[HeatMap] = Field(
        description="One for each view of the photograph, or of its most suspicious faces, 12 at most; none where the "
        "server cannot draw them."
    )


class Face(BaseModel):
    """What the network says of one face. It is never proof about a person."""

    box: tuple[int, int, int, int] = Field(
        description="Left, top, right and bottom in pixels of the photograph as it is shown upright."
    )
    confidence: float = Field(description="How sure the face finder is that there is a face, 0 to 1.")
    verdict: FaceVerdictName
    probability: float | None = Field(
        ge=0,
        le=1,
        description="Calibrated probability of fake; null for a face that is too small or too blurred.",
    )
    regions: dict[str, float] | None = Field(description="Probability of an edit for each region of the face, or null.")
    kind: Kind | None = Field(description="What is suspected, unless the verdict is real; null if no kinds are told.")
    reason: Reason | None = Field(description="Why the verdict is unsure, or null.")


class Prediction(BaseModel):
    """What the network says of one photograph. It is never proof about a person."""

    verdict: VerdictName
    probability: float | None = Field(
        ge=0, le=1, description="Calibrated probability that the most suspicious face is a fake; null without a face."
    )
    faces: list[Face] | None = Field(
        description="Every face, the most prominent first; null for a network that judges whole photographs."
    )
    face_count: int = Field(description="How many faces were found, however the network judges.")
    regions: dict[str, float] | None = Field(
        description="Probability of an edit for each region of the face; null where the network has no such scores."
    )
    kind: Kind | None = Field(description="What is suspected of the most suspicious face, unless the verdict is real.")
    reason: Reason | None = Field(
        description="Why the verdict is unsure; no face where a network that judges whole photographs was given one "
        "without a face, whatever the verdict; or null."
    )
    width: int = Field(description="Of the photograph, in pixels.")
    height: int
    evidence: Evidence | None = Field(description="Only when asked for.")


class EvidencePage(BaseModel):
    """All that can be said of one photograph, to be kept and handed on."""

    page: str = Field(description="HTML that needs nothing else.")


class Problem(BaseModel):
    """Why there is no answer, in one sentence."""

    error: str


class ErrorLevels(BaseModel):
    """How error levels are made visible: |alpha · difference + beta|."""

    quality: int = Field(description="JPEG quality at which the photograph is saved once more.")
    alpha: float
    beta: float


class NetworkFacts(BaseModel):
    """The network behind the page."""

    version: str = Field(description="Of fakeface.")
    name: str = Field(description="release, or the name of the network's file.")
    judges_faces: bool = Field(description="Whether it judges each face, and not the photograph as a whole.")
    views: dict[str, str] = Field(description="What the network looks at, by name, in words.")
    ela: ErrorLevels
    regions: list[str] = Field(description="The regions that it scores.")
    calibrated: bool = Field(description="Whether probabilities were fitted to validation photographs.")
    threshold: float = Field(description="Probability above which a photograph is called fake.")
    unsure_low: float = Field(description="Probabilities from here on are unsure,")
    unsure_high: float = Field(description="up to here.")
    error_rate: float = Field(description="Share of wrong verdicts that the unsure band was chosen for.")
    upload_bytes: int = Field(description="Largest upload.")
    pixels: int = Field(description="Most pixels of an upload.")


class Example(BaseModel):
    """A drawn face to try the page with."""

    number: int
    label: Literal["real", "fake"]
    regions: list[str] = Field(description="What was edited.")


class Pair(BaseModel):
    """A real face and a fake one, in either order."""

    left: Picture
    right: Picture


class Answer(BaseModel):
    """The truth about a pair, and what the network says."""

    real: Side
    difficulty: str = Field(description="Of the fake: easy, mid or hard; empty when not known.")
    regions: list[str] = Field(description="What was edited in the fake.")
    network: Side | None = Field(description="What the network takes for the real face; null if neither.")
    left: Prediction
    right: Prediction


class Game(BaseModel):
    """How many pairs there are, and whether the faces are drawn."""

    pairs: int
    drawn: bool
