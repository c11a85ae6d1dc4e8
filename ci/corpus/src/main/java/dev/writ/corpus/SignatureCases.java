// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.corpus.CorpusKey.Kind;
import dev.writ.fixtures.Wire;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** 9 to 17: statements that no attestation key signed as it should. */
final class SignatureCases {
  /** Order of P-256 (SP 800-186, 3.2.1.3). */
  private static final BigInteger ORDER =
      new BigInteger("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16);

  private final CorpusKey ak = CorpusKey.attestation();
  private final Statement quote = Statement.quote(Pcrs.ASKED, CorpusKey.SHA256);
  private final byte[] attest = quote.encode();

  List<NegativeCase> cases() {
    return List.of(
        new NegativeCase(9, Level.VERIFIER, "magic wrong", this::magic),
        new NegativeCase(
            10, Level.VERIFIER, "magic right, signed by an unrestricted key", this::unrestricted),
        new NegativeCase(
            11, Level.VERIFIER, "another kind of statement as quote", this::otherStatement),
        new NegativeCase(12, Level.VERIFIER, "SHA-1 signature", this::sha1),
        new NegativeCase(
            13, Level.VERIFIER, "hash in the signature other than the scheme's", this::otherHash),
        new NegativeCase(
            14, Level.VERIFIER, "PSS with wrong salt, PSS key with PKCS#1 signature", this::pss),
        new NegativeCase(
            15, Level.VERIFIER, "ECDSA r or s zero, at least n, over-long", this::ecdsaRange),
        new NegativeCase(
            16, Level.VERIFIER, "wrong curve, RSA under 2048, exponent 1 or even", this::weakKeys),
        new NegativeCase(
            17,
            Level.VERIFIER,
            "one bit flipped in every byte of quote and signature",
            this::flips));
  }

  private void magic(Tries tries) {
    tries.accepted("the right one", () -> quoted(quote));
    for (int magic : new int[] {0, 0x47435446, 0xff544346, 0xff544348, 0x7f544347}) {
      tries.refused(
          String.format("magic %08x", magic),
          "attest_magic_wrong",
          () -> quoted(quote.withMagic(magic)));
    }
  }

  /** The signature is right: TPM2_Sign makes it over any bytes for a key that is not restricted. */
  private void unrestricted(Tries tries) {
    CorpusKey free = ak.saying(ak.area.without(CorpusKey.RESTRICTED));
    tries.refused(
        "unrestricted key",
        "ak_not_restricted",
        () -> Judge.quote(free, attest, free.sign(attest), Pcrs.ASKED));
    tries.accepted("restricted key", () -> quoted(quote));
  }

  private void otherStatement(Tries tries) {
    byte[] name = ak.area.name();
    byte[] digest = Pcrs.value(CorpusKey.SHA256, 0);
    Wire clock = new Wire();
    Statement.writeClockInfo(clock);
    Map<Integer, Wire> others = new LinkedHashMap<>();
    others.put(0x8014, new Wire().sized(name).u16(0).sized(new byte[] {1, 2, 3}));
    others.put(0x8015, new Wire().u64(9).u16(CorpusKey.SHA256).sized(digest).sized(digest));
    others.put(0x8016, new Wire().u8(1).sized(digest));
    others.put(Statement.CERTIFY, new Wire().sized(name).sized(name));
    others.put(0x8019, new Wire().u64(55).bytes(clock.toByteArray()).u64(66));
    others.put(Statement.CREATION, new Wire().sized(name).sized(digest));
    others.forEach(
        (type, content) ->
            tries.refused(
                String.format("type %04x", type),
                "attest_type_wrong",
                () -> quoted(quote.saying(type, content.toByteArray()))));
    // A quote's content under another type is no form of it; NV_DIGEST is not read at all.
    for (int type : new int[] {Statement.CERTIFY, 0x801c, 0x8000}) {
      tries.refused(
          String.format("a quote's content as type %04x", type),
          "evidence_malformed",
          () -> quoted(quote.saying(type, quote.attested())));
    }
  }

  private void sha1(Tries tries) {
    byte[] sha1 = Statement.quote(Pcrs.ASKED, CorpusKey.SHA1).encode();
    tries.refused(
        "signature of a key bound to SHA-256",
        "signature_sha1",
        () -> Judge.quote(ak, sha1, ak.sign(sha1, CorpusKey.SHA1), Pcrs.ASKED));
    for (Kind kind : List.of(Kind.P256, Kind.RSA_2048)) {
      int scheme = kind.isRsa() ? CorpusKey.RSASSA : CorpusKey.ECDSA;
      CorpusKey bound = CorpusKey.attestation(kind, scheme, CorpusKey.SHA1);
      tries.refused(
          kind + " bound to SHA-1",
          "ak_scheme_sha1",
          () -> Judge.quote(bound, sha1, bound.sign(sha1), Pcrs.ASKED));
    }
  }

  private void otherHash(Tries tries) {
    for (int hash : new int[] {CorpusKey.SHA384, CorpusKey.SHA512}) {
      tries.refused(
          "signed with " + hash,
          "signature_scheme_mismatch",
          () -> Judge.quote(ak, attest, ak.sign(attest, hash), Pcrs.ASKED));
    }
    // The scheme's own signature under another label.
    byte[] relabelled = ak.sign(attest);
    relabelled[3] = CorpusKey.SHA384;
    tries.refused(
        "labelled otherwise",
        "signature_scheme_mismatch",
        () -> Judge.quote(ak, attest, relabelled, Pcrs.ASKED));
  }

  private void pss(Tries tries) {
    CorpusKey pss = CorpusKey.attestation(Kind.RSA_2048, CorpusKey.RSAPSS, CorpusKey.SHA256);
    CorpusKey pkcs1 = CorpusKey.attestation(Kind.RSA_2048, CorpusKey.RSASSA, CorpusKey.SHA256);
    int longest = 256 - 32 - 2;
    for (int salt : new int[] {32, longest}) {
      tries.accepted(
          "salt of " + salt,
          () -> Judge.quote(pss, attest, pss.signPss(attest, CorpusKey.SHA256, salt), Pcrs.ASKED));
    }
    for (int salt : new int[] {0, 20, 31, 33, longest - 1}) {
      tries.refused(
          "salt of " + salt,
          "signature_invalid",
          () -> Judge.quote(pss, attest, pss.signPss(attest, CorpusKey.SHA256, salt), Pcrs.ASKED));
    }
    byte[] signature = pkcs1.sign(attest);
    tries.refused(
        "PKCS#1 signature by a PSS key",
        "signature_scheme_mismatch",
        () -> Judge.quote(pss, attest, signature, Pcrs.ASKED));
    tries.refused(
        "PKCS#1 signature that calls itself PSS",
        "signature_invalid",
        () ->
            Judge.quote(
                pss,
                attest,
                CorpusKey.encoded(CorpusKey.RSAPSS, CorpusKey.SHA256, CorpusKey.tail(signature, 6)),
                Pcrs.ASKED));
    tries.refused(
        "PSS signature by a PKCS#1 key",
        "signature_scheme_mismatch",
        () -> Judge.quote(pkcs1, attest, pss.sign(attest), Pcrs.ASKED));
  }

  private void ecdsaRange(Tries tries) {
    byte[] signature = ak.rawEcdsa(attest, CorpusKey.SHA256);
    byte[] r = Arrays.copyOf(signature, 32);
    byte[] s = CorpusKey.tail(signature, 32);
    Map<String, byte[]> bad = new LinkedHashMap<>();
    bad.put("empty", new byte[0]);
    bad.put("zero", new byte[32]);
    bad.put("n", CorpusKey.fixed(ORDER, 32));
    bad.put("n + 1", CorpusKey.fixed(ORDER.add(BigInteger.ONE), 32));
    bad.put("-1", CorpusKey.fixed(BigInteger.TWO.pow(256).subtract(BigInteger.ONE), 32));
    bad.put("r + n", CorpusKey.fixed(ORDER.add(new BigInteger(1, r)), 33));
    bad.put("with a zero before it", CorpusKey.fixed(new BigInteger(1, r), 33));
    bad.put("128 bytes", new byte[128]);
    bad.forEach(
        (what, number) -> {
          tries.refused(
              "r " + what,
              "signature_out_of_range",
              () -> signed(CorpusKey.ecdsa(CorpusKey.SHA256, number, s)));
          tries.refused(
              "s " + what,
              "signature_out_of_range",
              () -> signed(CorpusKey.ecdsa(CorpusKey.SHA256, r, number)));
        });
    tries.refused(
        "r of 129 bytes",
        "evidence_malformed",
        () -> signed(CorpusKey.ecdsa(CorpusKey.SHA256, new byte[129], s)));
    // One, which is in range, is no signature either.
    byte[] one = CorpusKey.fixed(BigInteger.ONE, 32);
    tries.refused(
        "r and s one",
        "signature_invalid",
        () -> signed(CorpusKey.ecdsa(CorpusKey.SHA256, one, one)));
    tries.accepted("as signed", () -> signed(CorpusKey.ecdsa(CorpusKey.SHA256, r, s)));
  }

  private void weakKeys(Tries tries) {
    CorpusKey p521 = CorpusKey.attestation(Kind.P521, CorpusKey.ECDSA, CorpusKey.SHA512);
    tries.refused("P-521", "ak_curve_unsupported", () -> Judge.attestationKey(p521.area.encode()));
    CorpusKey p384 = CorpusKey.attestation(Kind.P384, CorpusKey.ECDSA, CorpusKey.SHA384);
    tries.accepted("P-384", () -> Judge.attestationKey(p384.area.encode()));
    tries.refused(
        "point of P-256 on P-384",
        "ak_key_invalid",
        () -> Judge.attestationKey(ak.area.withCurveOf(Kind.P384).encode()));
    tries.refused(
        "coordinates exchanged",
        "ak_key_invalid",
        () ->
            Judge.attestationKey(
                ak.area.withUnique(ak.area.unique()[1], ak.area.unique()[0]).encode()));
    tries.refused(
        "infinity",
        "ak_key_invalid",
        () -> Judge.attestationKey(ak.area.withUnique(new byte[1], new byte[1]).encode()));
    byte[] unknownCurve = ak.area.encode();
    unknownCurve[unknownCurve.length - 2 * 34 - 3] = 0x10; // TPM_ECC_BN_P256
    tries.refused(
        "curve that is not read", "evidence_malformed", () -> Judge.attestationKey(unknownCurve));
    CorpusKey shortRsa = CorpusKey.attestation(Kind.RSA_1024, CorpusKey.RSASSA, CorpusKey.SHA256);
    tries.refused(
        "RSA-1024", "ak_key_too_short", () -> Judge.attestationKey(shortRsa.area.encode()));
    CorpusKey rsa = CorpusKey.attestation(Kind.RSA_2048, CorpusKey.RSASSA, CorpusKey.SHA256);
    tries.accepted("RSA-2048", () -> Judge.attestationKey(rsa.area.encode()));
    for (long exponent : new long[] {1, 2, 4, 65536, 0xfffffffeL}) {
      tries.refused(
          "exponent " + exponent,
          "ak_key_invalid",
          () -> Judge.attestationKey(rsa.area.withExponent(exponent).encode()));
    }
    byte[] even = rsa.area.unique()[0].clone();
    even[even.length - 1] &= (byte) 0xfe;
    tries.refused(
        "even modulus",
        "ak_key_invalid",
        () -> Judge.attestationKey(rsa.area.withUnique(even).encode()));
  }

  private void flips(Tries tries) {
    for (CorpusKey key :
        List.of(ak, CorpusKey.attestation(Kind.RSA_2048, CorpusKey.RSASSA, CorpusKey.SHA256))) {
      byte[] signature = key.sign(attest);
      tries.accepted(
          key.area.kind() + " as signed", () -> Judge.quote(key, attest, signature, Pcrs.ASKED));
      for (int i = 0; i < attest.length; i++) {
        byte[] flipped = flipped(attest, i);
        tries.refused("quote, byte " + i, () -> Judge.quote(key, flipped, signature, Pcrs.ASKED));
      }
      for (int i = 0; i < signature.length; i++) {
        byte[] flipped = flipped(signature, i);
        tries.refused("signature, byte " + i, () -> Judge.quote(key, attest, flipped, Pcrs.ASKED));
      }
    }
  }

  static byte[] flipped(byte[] bytes, int index) {
    byte[] flipped = bytes.clone();
    flipped[index] ^= (byte) (1 << index % 8);
    return flipped;
  }

  private Observed quoted(Statement statement) {
    byte[] bytes = statement.encode();
    return Judge.quote(ak, bytes, ak.sign(bytes), Pcrs.ASKED);
  }

  private Observed signed(byte[] signature) {
    return Judge.quote(ak, attest, signature, Pcrs.ASKED);
  }
}
