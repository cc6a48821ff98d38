"""The people and places of the conversation, and the clients that speak of them."""

from dataclasses import dataclass

from conversation.client import Client
from rollcall.v1.common_pb2 import ResourceRef, Subject
from rollcall.v1.membership_pb2 import EmailAddress, Profile

OPERATOR = Subject(type="operator", id="oskar")
MARA = Subject(id="mara")
ANNA = Subject(id="anna")
BEN = Subject(id="ben")

STUDIO = ResourceRef(type="studio")
FILM = ResourceRef(type="project", id="film")
SERIES = ResourceRef(type="project", id="series")
STORYBOARD = ResourceRef(type="board", id="storyboard")


@dataclass
class Stage:
    """A tenant, a caller that may speak for operators, and one that may not."""

    tenant: str
    operations: Client
    shop: Client


def email(name):
    """The email of somebody of the conversation."""
    return f"{name}@studio.example"


def profile(name):
    """The profile of somebody whose email the caller has verified."""
    return Profile(display_name=name.capitalize(), emails=[EmailAddress(email=email(name), verified=True)])


def pages(call, request):
    """Every page of a list, one request each."""
    while True:
        page = call(request)
        yield page
        if not page.next_page_token:
            return
        request.page_token = page.next_page_token
