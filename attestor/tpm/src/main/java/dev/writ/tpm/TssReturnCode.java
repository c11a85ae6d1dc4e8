// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import dev.writ.tpm.TpmException.Layer;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A TSS2_RC, taken apart.
 *
 * <pre>
 * bits 16-23  layer (TCG TSS 2.0 Overview 3.1); 0 TPM, 12 TPM by way of a resource manager
 * bits 0-15   the layer's code. For a TPM (TPM 2.0 Library Part 2, section 6.6.2, table 13):
 *   bit 7 clear, "format zero": bit 10 vendor, bit 11 warning, bits 0-6 number
 *   bit 7 set,   "format one":  bits 0-5 number, and which argument was at fault:
 *     bit 6 set    parameter, its number in bits 8-11
 *     bit 11 set   session,   its number in bits 8-10
 *     both clear   handle,    its number in bits 8-10
 * </pre>
 *
 * @param value the whole code
 * @param layer who speaks
 * @param name its name in the specification, without the argument
 * @param meaning what it means, in a few words
 * @param subject {@code handle 1}, {@code session 2}, {@code parameter 3}, or empty
 */
record TssReturnCode(int value, Layer layer, String name, String meaning, String subject) {
  static final int SUCCESS = 0;

  // TPM codes that this package acts upon, without the number of handle, session or parameter.
  static final String HANDLE = "TPM_RC_HANDLE";
  static final String LOCKOUT = "TPM_RC_LOCKOUT";

  private static final int FORMAT_ONE = 0x080;
  private static final int VENDOR = 0x400;
  private static final int WARNING = 0x800;
  private static final int PARAMETER = 0x040;
  private static final int SESSION = 0x800;

  private static final int RC_YIELDED = 0x908;
  private static final int RC_TESTING = 0x90a;
  private static final int RC_RETRY = 0x922;

  private record Entry(String name, String meaning) {}

  /** Part 2 table 15, "TPM_RC Constants", RC_VER1. */
  private static final Map<Integer, Entry> FORMAT_ZERO_ERRORS =
      Map.ofEntries(
          entry(0x00, "INITIALIZE", "the TPM has not been started, or was started already"),
          entry(0x01, "FAILURE", "the TPM is in failure mode and accepts no commands"),
          entry(0x03, "SEQUENCE", "improper use of a sequence handle"),
          entry(0x0b, "PRIVATE", "not used by the specification"),
          entry(0x19, "HMAC", "not used by the specification"),
          entry(0x20, "DISABLED", "the command is disabled"),
          entry(0x21, "EXCLUSIVE", "an audit sequence required exclusivity"),
          entry(0x24, "AUTH_TYPE", "the authorization handle is not right for the command"),
          entry(0x25, "AUTH_MISSING", "a handle needs an authorization session and has none"),
          entry(0x26, "POLICY", "a policy failed, or a math operation in a policy"),
          entry(0x27, "PCR", "PCR check failed"),
          entry(0x28, "PCR_CHANGED", "PCRs have changed since they were checked"),
          entry(0x2d, "UPGRADE", "the TPM is in field upgrade mode"),
          entry(0x2e, "TOO_MANY_CONTEXTS", "the context counter is at its maximum"),
          entry(0x2f, "AUTH_UNAVAILABLE", "authValue or authPolicy is not available"),
          entry(0x30, "REBOOT", "a TPM reset is required before the TPM goes on"),
          entry(0x31, "UNBALANCED", "the sizes of two algorithms do not fit together"),
          entry(0x42, "COMMAND_SIZE", "the command's size does not match what was sent"),
          entry(0x43, "COMMAND_CODE", "the TPM does not implement the command"),
          entry(0x44, "AUTHSIZE", "the authorization area has the wrong size"),
          entry(0x45, "AUTH_CONTEXT", "the command cannot have sessions"),
          entry(0x46, "NV_RANGE", "the NV offset and size are outside of the index"),
          entry(0x47, "NV_SIZE", "the NV index is larger than allowed"),
          entry(0x48, "NV_LOCKED", "the NV index is locked"),
          entry(0x49, "NV_AUTHORIZATION", "the authorization does not allow this NV access"),
          entry(0x4a, "NV_UNINITIALIZED", "the NV index was never written"),
          entry(0x4b, "NV_SPACE", "there is not enough NV memory"),
          entry(0x4c, "NV_DEFINED", "the NV index or persistent handle exists already"),
          entry(0x50, "BAD_CONTEXT", "the saved context is not valid"),
          entry(0x51, "CPHASH", "the command's parameters are not what was authorized"),
          entry(0x52, "PARENT", "the parent handle is not usable as a parent"),
          entry(0x53, "NEEDS_TEST", "a function needs its self-test first"),
          entry(0x54, "NO_RESULT", "an internal error: no result was produced"),
          entry(0x55, "SENSITIVE", "the sensitive area did not unmarshal after decryption"));

  /** Part 2 table 15, RC_FMT1. */
  private static final Map<Integer, Entry> FORMAT_ONE_ERRORS =
      Map.ofEntries(
          entry(0x01, "ASYMMETRIC", "asymmetric algorithm not supported or not right"),
          entry(0x02, "ATTRIBUTES", "inconsistent attributes"),
          entry(0x03, "HASH", "hash algorithm not supported or not right"),
          entry(0x04, "VALUE", "value out of range or not right here"),
          entry(0x05, "HIERARCHY", "the hierarchy is disabled or not right here"),
          entry(0x07, "KEY_SIZE", "key size not supported"),
          entry(0x08, "MGF", "mask generation function not supported"),
          entry(0x09, "MODE", "mode of operation not supported"),
          entry(0x0a, "TYPE", "the type is not right here"),
          entry(0x0b, "HANDLE", "nothing is there, or it is not right here"),
          entry(0x0c, "KDF", "key derivation function not supported or not right"),
          entry(0x0d, "RANGE", "value out of the allowed range"),
          entry(0x0e, "AUTH_FAIL", "wrong authorization value; the failure was counted"),
          entry(0x0f, "NONCE", "invalid nonce size or value"),
          entry(0x10, "PP", "physical presence is required"),
          entry(0x12, "SCHEME", "scheme not supported or incompatible"),
          entry(0x15, "SIZE", "the structure has the wrong size"),
          entry(0x16, "SYMMETRIC", "symmetric algorithm or key size not supported"),
          entry(0x17, "TAG", "wrong structure tag"),
          entry(0x18, "SELECTOR", "wrong union selector"),
          entry(0x1a, "INSUFFICIENT", "the TPM ran out of bytes to unmarshal"),
          entry(0x1b, "SIGNATURE", "the signature is not valid"),
          entry(0x1c, "KEY", "the key's fields do not suit this use"),
          entry(0x1d, "POLICY_FAIL", "a policy check failed"),
          entry(0x1f, "INTEGRITY", "integrity check failed"),
          entry(0x20, "TICKET", "invalid ticket"),
          entry(0x21, "RESERVED_BITS", "reserved bits are set"),
          entry(0x22, "BAD_AUTH", "wrong authorization value; failures here are not counted"),
          entry(0x23, "EXPIRED", "the policy has expired"),
          entry(0x24, "POLICY_CC", "the policy is for another command"),
          entry(0x25, "BINDING", "public and sensitive area do not belong together"),
          entry(0x26, "CURVE", "curve not supported"),
          entry(0x27, "ECC_POINT", "the point is not on the curve"));

  /** Part 2 table 15, RC_WARN. */
  private static final Map<Integer, Entry> WARNINGS =
      Map.ofEntries(
          entry(0x01, "CONTEXT_GAP", "too many contexts were saved since this one"),
          entry(0x02, "OBJECT_MEMORY", "no free slot for a key"),
          entry(0x03, "SESSION_MEMORY", "no free slot for a session"),
          entry(0x04, "MEMORY", "no memory for keys and sessions"),
          entry(0x05, "SESSION_HANDLES", "no free session handle"),
          entry(0x06, "OBJECT_HANDLES", "no free object handle"),
          entry(0x07, "LOCALITY", "wrong locality"),
          entry(0x08, "YIELDED", "the TPM suspended the command, which may be sent again"),
          entry(0x09, "CANCELED", "the command was cancelled"),
          entry(0x0a, "TESTING", "the TPM is testing itself"),
          entry(0x20, "NV_RATE", "the TPM slows NV writes down to prevent wear"),
          entry(0x21, "LOCKOUT", "too many wrong authorization values: dictionary attack lockout"),
          entry(0x22, "RETRY", "the TPM could not start the command"),
          entry(0x23, "NV_UNAVAILABLE", "NV memory cannot be written at the moment"));

  /** TSS2_BASE_RC_…, TCG TSS 2.0 Overview section 3.2; layers above the TPM share them. */
  private static final Map<Integer, Entry> BASE_ERRORS =
      Map.ofEntries(
          entry(1, "GENERAL_FAILURE", "an error that has no code of its own"),
          entry(2, "NOT_IMPLEMENTED", "not implemented"),
          entry(3, "BAD_CONTEXT", "the context is not valid"),
          entry(4, "ABI_MISMATCH", "caller and library are of different ABI versions"),
          entry(5, "BAD_REFERENCE", "a pointer is NULL that must not be"),
          entry(6, "INSUFFICIENT_BUFFER", "a buffer is too small"),
          entry(7, "BAD_SEQUENCE", "functions were called in the wrong order"),
          entry(8, "NO_CONNECTION", "the layer below cannot be reached"),
          entry(9, "TRY_AGAIN", "timed out; the function must be called again"),
          entry(10, "IO_ERROR", "reading from or writing to the layer below failed"),
          entry(11, "BAD_VALUE", "an argument has a bad value"),
          entry(12, "NOT_PERMITTED", "not permitted"),
          entry(13, "INVALID_SESSIONS", "the sessions are not what the command uses"),
          entry(14, "NO_DECRYPT_PARAM", "the command has no parameter to decrypt"),
          entry(15, "NO_ENCRYPT_PARAM", "the command has no parameter to encrypt"),
          entry(16, "BAD_SIZE", "an argument has a bad size"),
          entry(17, "MALFORMED_RESPONSE", "the response is malformed"),
          entry(18, "INSUFFICIENT_CONTEXT", "the context is too small"),
          entry(19, "INSUFFICIENT_RESPONSE", "the response is too short"),
          entry(20, "INCOMPATIBLE_TCTI", "the TCTI's version is unknown or unusable"),
          entry(21, "NOT_SUPPORTED", "not supported"),
          entry(22, "BAD_TCTI_STRUCTURE", "the TCTI context is bad"),
          entry(23, "MEMORY", "memory could not be allocated"),
          entry(24, "BAD_TR", "the ESYS_TR is not known to the context"),
          entry(25, "MULTIPLE_DECRYPT_SESSIONS", "more than one session decrypts"),
          entry(26, "MULTIPLE_ENCRYPT_SESSIONS", "more than one session encrypts"),
          entry(27, "RSP_AUTH_FAILED", "the HMAC of the TPM's response did not verify"));

  static TssReturnCode decode(int value) {
    int code = value & 0xffff;
    return switch (value >>> 16) {
      case 0, 12 -> decodeTpm(value, code);
      case 6 -> decodeBase(value, code, Layer.FAPI);
      case 7 -> decodeBase(value, code, Layer.ESAPI);
      case 8 -> decodeBase(value, code, Layer.SAPI);
      case 9 -> decodeBase(value, code, Layer.MU);
      case 10 -> decodeBase(value, code, Layer.TCTI);
      case 11 -> decodeBase(value, code, Layer.RESOURCE_MANAGER);
      default -> new TssReturnCode(value, Layer.UNKNOWN, "TSS2_RC", "a layer unknown to Writ", "");
    };
  }

  private static TssReturnCode decodeTpm(int value, int code) {
    if ((code & FORMAT_ONE) != 0) {
      String subject;
      if ((code & PARAMETER) != 0) {
        subject = "parameter " + (code >> 8 & 0xf);
      } else if ((code & SESSION) != 0) {
        subject = "session " + (code >> 8 & 0x7);
      } else {
        subject = "handle " + (code >> 8 & 0x7);
      }
      return tpm(value, FORMAT_ONE_ERRORS.get(code & 0x3f), subject);
    }
    if ((code & VENDOR) != 0) {
      return new TssReturnCode(
          value, Layer.TPM, "TPM_RC_VENDOR", "a code of the TPM's vendor: see its manual", "");
    }
    int number = code & 0x7f;
    if ((code & WARNING) == 0) {
      // TPM_RC_BAD_TAG is TPM 1.2's code, without RC_VER1: table 15's only such value.
      return number == 0x1e && (code & 0x100) == 0
          ? tpm(value, new Entry("BAD_TAG", "the command's tag is wrong"), "")
          : tpm(value, FORMAT_ZERO_ERRORS.get(number), "");
    }
    if (number >= 0x10 && number <= 0x16) {
      return tpm(
          value,
          new Entry("REFERENCE_H" + (number - 0x10), "a handle's key or session is not loaded"),
          "handle " + (number - 0x0f));
    }
    if (number >= 0x18 && number <= 0x1e) {
      return tpm(
          value,
          new Entry("REFERENCE_S" + (number - 0x18), "a session is not loaded"),
          "session " + (number - 0x17));
    }
    return tpm(value, WARNINGS.get(number), "");
  }

  private static TssReturnCode tpm(int value, @Nullable Entry entry, String subject) {
    return entry == null
        ? new TssReturnCode(value, Layer.TPM, "TPM_RC", "not in the specification's table", subject)
        : new TssReturnCode(value, Layer.TPM, "TPM_RC_" + entry.name(), entry.meaning(), subject);
  }

  private static TssReturnCode decodeBase(int value, int code, Layer layer) {
    Entry entry = BASE_ERRORS.get(code);
    return entry == null
        ? new TssReturnCode(value, layer, "TSS2_BASE_RC", "not in the specification's table", "")
        : new TssReturnCode(value, layer, "TSS2_BASE_RC_" + entry.name(), entry.meaning(), "");
  }

  boolean is(String tpmCode) {
    return layer == Layer.TPM && name.equals(tpmCode);
  }

  /** The TPM asks for the same command once more (Part 2 section 6.6.3, and Part 1 on testing). */
  boolean asksForRetry() {
    int code = value & 0xffff;
    return layer == Layer.TPM && (code == RC_RETRY || code == RC_YIELDED || code == RC_TESTING);
  }

  /** Name, argument, number, layer and meaning: for messages. */
  String describe() {
    String whose = layer.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    String where = subject.isEmpty() ? "" : " for " + subject;
    return String.format("%s%s (0x%03x from %s: %s)", name, where, value, whose, meaning);
  }

  /** What the operator does about it; empty where the code alone does not tell. */
  String advice() {
    if (layer == Layer.TCTI || layer == Layer.RESOURCE_MANAGER) {
      return "Check that the TPM's device or socket exists, that this user may open it (Debian:"
          + " group tss for /dev/tpmrm0), and that no other program holds it; then open it again.";
    }
    if (layer != Layer.TPM) {
      return "";
    }
    return switch (name) {
      case "TPM_RC_OBJECT_MEMORY", "TPM_RC_SESSION_MEMORY", "TPM_RC_SESSION_HANDLES" ->
          "Other programs fill the TPM's slots: use the kernel's resource manager"
              + " (device:/dev/tpmrm0), or flush them with tpm2_flushcontext.";
      case "TPM_RC_INITIALIZE" -> "The TPM was not started by firmware: reboot the host.";
      case "TPM_RC_FAILURE", "TPM_RC_REBOOT" -> "Reboot the host; if it stays, replace the TPM.";
      case "TPM_RC_NV_SPACE" ->
          "The TPM has no room for a persistent key: remove one with tpm2_evictcontrol.";
      case "TPM_RC_NV_DEFINED" -> "Another program made it at the same moment: run this again.";
      case "TPM_RC_AUTH_FAIL", "TPM_RC_BAD_AUTH" ->
          "Writ uses empty authorization values for the owner and endorsement hierarchies: the host's"
              + " administrator has set one.";
      case "TPM_RC_HIERARCHY" -> "The hierarchy is disabled: enable it in the firmware's set-up.";
      case "TPM_RC_INTEGRITY" ->
          "It was made by another TPM, under another parent or for another key: make it again.";
      default -> "";
    };
  }

  private static Map.Entry<Integer, Entry> entry(int number, String name, String meaning) {
    return Map.entry(number, new Entry(name, meaning));
  }
}
