// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.evidence.EkChain;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.Octets;
import dev.writ.evidence.TpmtPublic;
import dev.writ.tlog.Hash;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Optional;

/**
 * An enrolment between its two steps, kept by the host instead of the service.
 *
 * <pre>
 * nonce      32 bytes
 * expires    u64, ms since 1970
 * ek digest  32 bytes
 * invitation u8 0, or 1 and the 32 bytes of its digest
 * host name  u16 length, modified UTF-8
 * ak public  u16 length, TPMT_PUBLIC
 * ek public  u16 length, TPMT_PUBLIC
 * ek cert    u16 length, as it lies in NV
 * ek chain   u16 length, as it lies in NV; no bytes where there is none
 * </pre>
 *
 * <p>The activation secret is the service's MAC over these bytes: only the right TPM could open it, so
 * whoever returns it returns a session that is ours, and nothing of it is read before that is known.
 * The MAC's label counts the forms that these bytes had: what a node of another version began is not
 * read.
 *
 * @param nonce taken once when the enrolment is committed
 * @param expires end of validity, in whole milliseconds
 * @param ekDigest identity of the endorsement key
 * @param invitation digest of the invitation that admits it; empty where an operator listed it
 * @param hostName the name that an operator gave it
 * @param ak the attestation key
 * @param ek the endorsement key
 * @param ekCertificate the endorsement certificate
 * @param ekChain what the TPM carries to complete the certificate's chain
 */
record EnrolmentSession(
    Hash nonce,
    Instant expires,
    Hash ekDigest,
    Optional<Hash> invitation,
    String hostName,
    TpmtPublic ak,
    TpmtPublic ek,
    Octets ekCertificate,
    EkChain ekChain) {
  Octets encode() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.write(nonce.bytes());
      out.writeLong(expires.toEpochMilli());
      out.write(ekDigest.bytes());
      out.writeBoolean(invitation.isPresent());
      if (invitation.isPresent()) {
        out.write(invitation.get().bytes());
      }
      out.writeUTF(hostName);
      writeSized(out, ak.bytes());
      writeSized(out, ek.bytes());
      writeSized(out, ekCertificate.bytes());
      writeSized(out, ekChain.bytes().bytes());
    } catch (IOException e) {
      throw new UncheckedIOException("bug: writing to memory failed", e);
    }
    return Octets.of(bytes.toByteArray());
  }

  /** The session that {@link #encode} wrote; call it only with bytes whose MAC was verified. */
  static EnrolmentSession decode(Octets session) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(session.bytes()))) {
      Hash nonce = Hash.of(in.readNBytes(Hash.BYTES));
      Instant expires = Instant.ofEpochMilli(in.readLong());
      Hash ekDigest = Hash.of(in.readNBytes(Hash.BYTES));
      Optional<Hash> invitation =
          in.readBoolean() ? Optional.of(Hash.of(in.readNBytes(Hash.BYTES))) : Optional.empty();
      String hostName = in.readUTF();
      TpmtPublic ak = TpmtPublic.parse(readSized(in));
      TpmtPublic ek = TpmtPublic.parse(readSized(in));
      Octets ekCertificate = Octets.of(readSized(in));
      EkChain ekChain = EkChain.parse(readSized(in));
      return new EnrolmentSession(
          nonce, expires, ekDigest, invitation, hostName, ak, ek, ekCertificate, ekChain);
    } catch (IOException | MalformedEvidenceException e) {
      throw new IllegalStateException("bug: a session with our MAC was not written by us", e);
    }
  }

  private static void writeSized(DataOutputStream out, byte[] bytes) throws IOException {
    out.writeShort(bytes.length);
    out.write(bytes);
  }

  private static byte[] readSized(DataInputStream in) throws IOException {
    return in.readNBytes(in.readUnsignedShort());
  }
}
