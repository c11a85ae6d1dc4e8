// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Optional;

/** TPMT_SIGNATURE (Part 2, 11.3.4) of the schemes that attestation keys use. */
public sealed interface TpmtSignature {
  /** Longest TPMT_SIGNATURE of these schemes in bytes, RSA-4096. */
  int MAX_BYTES = 2 + 2 + 2 + 512;

  /** The signature scheme. */
  TpmAlg scheme();

  /** The hash the signature says it was made with. */
  TpmAlg hash();

  /** The wire form; equal to the bytes that were parsed. */
  byte[] encode();

  /**
   * An RSASSA-PKCS1-v1_5 signature.
   *
   * @param hash of the message
   * @param signature as long as the modulus
   */
  record Rsassa(TpmAlg hash, Octets signature) implements TpmtSignature {
    @Override
    public TpmAlg scheme() {
      return TpmAlg.RSASSA;
    }

    @Override
    public byte[] encode() {
      return new TpmWriter().alg(scheme()).alg(hash).tpm2b(signature).toByteArray();
    }
  }

  /**
   * An RSASSA-PSS signature.
   *
   * @param hash of the message and of MGF1
   * @param signature as long as the modulus
   */
  record Rsapss(TpmAlg hash, Octets signature) implements TpmtSignature {
    @Override
    public TpmAlg scheme() {
      return TpmAlg.RSAPSS;
    }

    @Override
    public byte[] encode() {
      return new TpmWriter().alg(scheme()).alg(hash).tpm2b(signature).toByteArray();
    }
  }

  /**
   * An ECDSA signature.
   *
   * @param hash of the message
   * @param r as the TPM wrote it, with or without leading zeros
   * @param s likewise
   */
  record Ecdsa(TpmAlg hash, Octets r, Octets s) implements TpmtSignature {
    @Override
    public TpmAlg scheme() {
      return TpmAlg.ECDSA;
    }

    @Override
    public byte[] encode() {
      return new TpmWriter().alg(scheme()).alg(hash).tpm2b(r).tpm2b(s).toByteArray();
    }

    /**
     * r‖s, each as long as the curve's field (IEEE P1363, and the form of JWS): absent where one of
     * them is over-long, zero, or not below the order of {@code curve}.
     */
    public Optional<byte[]> p1363(TpmCurve curve) {
      int length = curve.fieldBytes();
      BigInteger order = curve.parameters().getOrder();
      if (!inRange(r, length, order) || !inRange(s, length, order)) {
        return Optional.empty();
      }
      byte[] out = new byte[2 * length];
      System.arraycopy(r.bytes(), 0, out, length - r.length(), r.length());
      System.arraycopy(s.bytes(), 0, out, 2 * length - s.length(), s.length());
      return Optional.of(out);
    }

    /** SEQUENCE { INTEGER r, INTEGER s } in DER; absent where {@link #p1363} is. */
    public Optional<byte[]> der(TpmCurve curve) {
      return p1363(curve).map(Ecdsa::derOfP1363);
    }

    private static boolean inRange(Octets number, int length, BigInteger order) {
      return number.length() <= length
          && number.unsigned().signum() > 0
          && number.unsigned().compareTo(order) < 0;
    }

    private static byte[] derOfP1363(byte[] p1363) {
      int half = p1363.length / 2;
      byte[] first = new BigInteger(1, Arrays.copyOfRange(p1363, 0, half)).toByteArray();
      byte[] second =
          new BigInteger(1, Arrays.copyOfRange(p1363, half, p1363.length)).toByteArray();
      int content = 2 + first.length + 2 + second.length;
      TpmWriter out = new TpmWriter().u8(0x30);
      // P-521 alone needs the long form of the length.
      if (content > 127) {
        out.u8(0x81);
      }
      out.u8(content);
      out.u8(0x02).u8(first.length).bytes(first);
      return out.u8(0x02).u8(second.length).bytes(second).toByteArray();
    }
  }

  /**
   * Parses a whole TPMT_SIGNATURE.
   *
   * @throws MalformedEvidenceException if it is none of these, or does not end at the end
   */
  static TpmtSignature parse(byte[] bytes) throws MalformedEvidenceException {
    if (bytes.length > MAX_BYTES) {
      throw new MalformedEvidenceException(
          "signature", 0, "at most " + MAX_BYTES + " bytes", bytes.length + " bytes");
    }
    TpmReader in = new TpmReader(bytes);
    TpmAlg scheme = in.oneOf("sigAlg", TpmAlg.RSASSA, TpmAlg.RSAPSS, TpmAlg.ECDSA);
    TpmAlg hash = in.hash("signature.hash");
    TpmtSignature signature;
    if (scheme == TpmAlg.ECDSA) {
      Octets r = in.tpm2b("signatureR", 128);
      signature = new Ecdsa(hash, r, in.tpm2b("signatureS", 128));
    } else {
      Octets value = in.tpm2b("sig", 512);
      signature = scheme == TpmAlg.RSASSA ? new Rsassa(hash, value) : new Rsapss(hash, value);
    }
    in.end("signature");
    return signature;
  }
}
