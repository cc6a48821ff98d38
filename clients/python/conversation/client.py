"""A client of Rollcall: its stubs over one channel, the caller's key with every call, and what an error says."""

import uuid
from contextlib import contextmanager
from typing import NamedTuple

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from rollcall.v1 import (
    audit_pb2_grpc,
    authorization_pb2_grpc,
    error_pb2,
    membership_pb2_grpc,
    resource_pb2_grpc,
    tenant_pb2_grpc,
    watch_pb2_grpc,
)

TIMEOUT = 20.0


class CallDetails(NamedTuple):
    """What gRPC is to know of a call."""

    method: str
    timeout: float | None
    metadata: list[tuple[str, str]]
    credentials: grpc.CallCredentials | None
    wait_for_ready: bool | None
    compression: grpc.Compression | None


class Caller(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """Sends the key and a deadline with every call, and keeps which methods were called."""

    def __init__(self, key, called):
        self.key = key
        self.called = called

    def _call(self, proceed, details, request):
        method = details.method if isinstance(details.method, str) else details.method.decode()
        self.called.add(method)
        metadata = [*(details.metadata or []), ("authorization", f"Bearer {self.key}")]
        timeout = TIMEOUT if details.timeout is None else details.timeout
        others = (details.credentials, details.wait_for_ready, details.compression)
        return proceed(CallDetails(method, timeout, metadata, *others), request)

    intercept_unary_unary = _call
    intercept_unary_stream = _call


class Client:
    """Every service of Rollcall, for one caller."""

    def __init__(self, address, key, called):
        self.channel = grpc.insecure_channel(address)
        channel = grpc.intercept_channel(self.channel, Caller(key, called))
        self.audit = audit_pb2_grpc.AuditServiceStub(channel)
        self.authorization = authorization_pb2_grpc.AuthorizationServiceStub(channel)
        self.membership = membership_pb2_grpc.MembershipServiceStub(channel)
        self.resources = resource_pb2_grpc.ResourceServiceStub(channel)
        self.tenants = tenant_pb2_grpc.TenantServiceStub(channel)
        self.watch = watch_pb2_grpc.WatchServiceStub(channel)


def request_id():
    """The id of a new write: a retry sends it again."""
    return str(uuid.uuid4())


def detail(error, kind):
    """The detail of an error that is of a kind, such as `google.rpc.ErrorInfo`, if it has one."""
    status = rpc_status.from_call(error)
    for packed in status.details if status else []:
        message = kind()
        if packed.Unpack(message):
            return message
    return None


def known(reason):
    """What the contract says of a reason: its code, its metadata, and what mends it."""
    value = error_pb2.ErrorReason.DESCRIPTOR.values_by_number[reason]
    return value.GetOptions().Extensions[error_pb2.error_reason_info]


@contextmanager
def refused(reason):
    """Expects the call within to be refused for a reason, and gives the metadata of the error."""
    metadata = {}
    try:
        yield metadata
    except grpc.RpcError as error:
        info = detail(error, error_details_pb2.ErrorInfo)
        if info is None:
            raise
        assert info.domain == "rollcall", info
        assert error_pb2.ErrorReason.Value(info.reason) == reason, f"{error.details()}: {info}"
        assert error.code().name == known(reason).code, error
        retry = detail(error, error_details_pb2.RetryInfo)
        assert retry is None or known(reason).retryable, f"{info.reason} has a RetryInfo, as if a retry helped"
        metadata.update(info.metadata)
        expect_keys(reason, metadata)
    else:
        raise AssertionError(f"nothing was refused for {error_pb2.ErrorReason.Name(reason)}")


def expect_keys(reason, metadata):
    """Sees that the metadata has the keys that the contract promises for the reason, and no others."""
    always, optional = set(known(reason).metadata), set(known(reason).optional_metadata)
    assert always <= set(metadata) <= always | optional, (error_pb2.ErrorReason.Name(reason), metadata)
