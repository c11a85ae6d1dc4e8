// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import java.util.OptionalInt;

/**
 * The TPM, or the way to it, could not do what was asked.
 *
 * <p>The message says which command, what came back (by name and by layer), and what to do next. It
 * never holds key material or an authorization value.
 */
public final class TpmException extends Exception {
  private static final long serialVersionUID = 1;

  /** Who refused: bits 16 to 23 of a TSS2_RC (TCG TSS 2.0 Overview, section 3.1), or Writ. */
  public enum Layer {
    /** The TPM itself; see TPM 2.0 Library Part 2, section 6.6. */
    TPM,
    /** The Feature API; not used here, named so that no code goes undecoded. */
    FAPI,
    /** The Enhanced System API. */
    ESAPI,
    /** The System API below it. */
    SAPI,
    /** Marshalling: wire bytes that libtss2-mu does not accept. */
    MU,
    /** The transport to the TPM. */
    TCTI,
    /** The resource manager between transport and TPM, speaking for itself. */
    RESOURCE_MANAGER,
    /** A layer that this table does not know. */
    UNKNOWN,
    /** A shared library that is not installed. */
    LIBRARY,
    /** The TPM answered, and what it holds is not what Writ needs. */
    CONTENT
  }

  private final Layer layer;
  private final String codeName;
  private final transient OptionalInt code;

  private TpmException(Layer layer, String codeName, OptionalInt code, String message) {
    super(message);
    this.layer = layer;
    this.codeName = codeName;
    this.code = code;
  }

  static TpmException refused(String command, TssReturnCode code, String advice) {
    return new TpmException(
        code.layer(),
        code.name(),
        OptionalInt.of(code.value()),
        String.format("%s must succeed, was %s. %s", command, code.describe(), advice).strip());
  }

  static TpmException missingLibrary(
      String soname, String debianPackage, UnsatisfiedLinkError cause) {
    TpmException exception =
        new TpmException(
            Layer.LIBRARY,
            "library",
            OptionalInt.empty(),
            String.format(
                "%s must be installed to reach a TPM, was not found: install Debian's package %s",
                soname, debianPackage));
    exception.initCause(cause);
    return exception;
  }

  static TpmException content(String message) {
    return new TpmException(Layer.CONTENT, "content", OptionalInt.empty(), message);
  }

  /** Who refused. */
  public Layer layer() {
    return layer;
  }

  /**
   * The code's name: {@code TPM_RC_LOCKOUT}, {@code TSS2_BASE_RC_IO_ERROR}; {@code library} or {@code
   * content} where no code came back. Stable: for logs and metrics.
   */
  public String codeName() {
    return codeName;
  }

  /** The TSS2_RC as it came back, if one did. */
  public OptionalInt code() {
    return code;
  }
}
