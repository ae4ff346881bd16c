package dev.loragateway.runtime;

import java.util.Locale;

/**
 * Why a request failed. A status of 4xx says that the same request will fail again, one of 5xx that
 * another try may help.
 */
enum Problem {
  BAD_REQUEST(400, "BadRequest"),
  UNSUPPORTED_SOURCE(400, "UnsupportedSource"),
  /** The artifact is none that an engine can load, or should not be unpacked. */
  ADAPTER_REFUSED(400, "AdapterRefused"),
  CHECKSUM_MISMATCH(400, "ChecksumMismatch"),
  /** The engine has seen the adapter and does not take it. */
  ENGINE_REFUSED(400, "EngineRefused"),
  UNAUTHORIZED(401, "Unauthorized"),
  /** The source wants other credentials. */
  ACCESS_DENIED(403, "AccessDenied"),
  ARTIFACT_NOT_FOUND(404, "ArtifactNotFound"),
  NO_SUCH_PATH(404, "NotFound"),
  METHOD_NOT_ALLOWED(405, "MethodNotAllowed"),
  ADAPTER_TOO_LARGE(409, "AdapterTooLarge"),
  /** The engine holds something else under this name. */
  NAME_IN_USE(409, "NameInUse"),
  /** The name was unloaded while its artifact was fetched. */
  UNLOADED_MEANWHILE(409, "UnloadedMeanwhile"),
  REQUEST_TOO_LARGE(413, "RequestTooLarge"),
  MISDIRECTED(421, "MisdirectedRequest"),
  INTERNAL(500, "InternalError"),
  FETCH_FAILED(502, "FetchFailed"),
  ENGINE_FAILED(502, "EngineFailed"),
  /** The volume cannot be written, though it is not full. */
  STORAGE_FAILED(502, "StorageFailed"),
  NOT_READY(503, "NotReady"),
  FETCH_TIMEOUT(504, "FetchTimeout"),
  ENGINE_TIMEOUT(504, "EngineTimeout"),
  INSUFFICIENT_STORAGE(507, "InsufficientStorage");

  private final int status;
  private final String type;

  Problem(int status, String type) {
    this.status = status;
    this.type = type;
  }

  int status() {
    return status;
  }

  String type() {
    return type;
  }

  String code() {
    return name().toLowerCase(Locale.ROOT);
  }
}
