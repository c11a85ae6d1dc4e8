// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * What a service asks a host to prove, and until when; its form is drawn in the package
 * documentation.
 *
 * <p>The service keeps nothing: it recognizes its challenge by the MAC, which also covers the name of
 * the attestation key that was asked.
 *
 * @param nonce 32 random bytes
 * @param expires end of validity, in whole milliseconds; a finer instant is cut
 * @param selection the PCRs to quote, at least one in each bank
 * @param epoch the policy epoch at issue
 * @param mac HMAC-SHA-256 under the service's key over {@link #macInput}
 */
public record Challenge(
    Octets nonce, Instant expires, PcrSelection selection, long epoch, Octets mac) {
  /** Length of the nonce in bytes. */
  public static final int NONCE_BYTES = 32;

  /** Length of the MAC in bytes. */
  public static final int MAC_BYTES = 32;

  private static final Octets MAGIC = Octets.fromHex("57524348"); // "WRCH"
  private static final int VERSION = 1;

  /** Checks the lengths and signs. */
  public Challenge {
    expires = expires.truncatedTo(ChronoUnit.MILLIS);
    if (nonce.length() != NONCE_BYTES || mac.length() != MAC_BYTES) {
      throw new IllegalArgumentException(
          "nonce and MAC must be 32 bytes each, were " + nonce.length() + " and " + mac.length());
    }
    if (epoch < 0 || expires.toEpochMilli() < 0) {
      throw new IllegalArgumentException("epoch and expiry must not be negative");
    }
    if (selection.banks().stream().anyMatch(bank -> bank.mask() == 0)) {
      throw new IllegalArgumentException("a bank without PCRs asks for nothing: " + selection);
    }
  }

  /**
   * What the MAC is computed over: the encoding without its MAC, then the attestation key's name as
   * TPM2B_NAME. The nonce stands at a fixed place, so that no two inputs read alike.
   */
  public static byte[] macInput(
      Octets nonce, Instant expires, PcrSelection selection, long epoch, TpmName akName) {
    return head(nonce, expires, selection, epoch).tpm2b(akName.value()).toByteArray();
  }

  /** What this challenge's MAC must be computed over if {@code akName} was asked. */
  public byte[] macInput(TpmName akName) {
    return macInput(nonce, expires, selection, epoch, akName);
  }

  /** The wire form. */
  public byte[] encode() {
    return head(nonce, expires, selection, epoch).octets(mac).toByteArray();
  }

  /**
   * Parses a whole challenge.
   *
   * @throws MalformedEvidenceException if it is none, or does not end at the end
   */
  public static Challenge parse(byte[] bytes) throws MalformedEvidenceException {
    TpmReader in = new TpmReader(bytes);
    Octets magic = in.octets("magic", MAGIC.length());
    if (!magic.equals(MAGIC)) {
      throw in.malformed("magic", 0, MAGIC.hex() + " (WRCH)", magic.hex());
    }
    int version = in.u16("version");
    if (version != VERSION) {
      throw in.malformed("version", 4, Integer.toString(VERSION), Integer.toString(version));
    }
    Octets nonce = in.octets("nonce", NONCE_BYTES);
    long expires = nonNegative(in, "expires");
    long epoch = nonNegative(in, "epoch");
    int selectionAt = in.position();
    PcrSelection selection = PcrSelection.read(in, "selection");
    for (PcrSelection.Bank bank : selection.banks()) {
      if (bank.mask() == 0) {
        throw in.malformed(
            "selection", selectionAt, "at least one PCR in each bank", bank.hash() + " has none");
      }
    }
    Octets mac = in.octets("mac", MAC_BYTES);
    in.end("challenge");
    return new Challenge(nonce, Instant.ofEpochMilli(expires), selection, epoch, mac);
  }

  private static long nonNegative(TpmReader in, String field) throws MalformedEvidenceException {
    int at = in.position();
    long value = in.u64(field);
    if (value < 0) {
      throw in.malformed(field, at, "below 2^63", Long.toUnsignedString(value));
    }
    return value;
  }

  private static TpmWriter head(Octets nonce, Instant expires, PcrSelection selection, long epoch) {
    TpmWriter out = new TpmWriter().octets(MAGIC).u16(VERSION).octets(nonce);
    out.u64(expires.toEpochMilli()).u64(epoch);
    selection.write(out);
    return out;
  }
}
