// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.evidence.MakeCredential;
import dev.writ.evidence.TpmCredential;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.TpmtPublic;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SoftwareTpm;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** 18 to 32, as far as no service is needed: keys that are not what their evidence says. */
final class IdentityCases {
  private final CorpusKey ak = CorpusKey.attestation();
  private final byte[] attest = Statement.quote(Pcrs.ASKED, CorpusKey.SHA256).encode();

  List<NegativeCase> cases() {
    return List.of(
        attribute(18, "AK not fixedTPM", CorpusKey.FIXED_TPM, "ak_not_fixed_tpm"),
        attribute(19, "AK not restricted", CorpusKey.RESTRICTED, "ak_not_restricted"),
        new NegativeCase(20, Level.VERIFIER, "AK decrypts", this::decrypts),
        attribute(
            21,
            "AK imported (sensitiveDataOrigin clear)",
            CorpusKey.SENSITIVE_DATA_ORIGIN,
            "ak_imported"),
        attribute(22, "AK not fixedParent", CorpusKey.FIXED_PARENT, "ak_not_fixed_parent"),
        new NegativeCase(
            23, Level.VERIFIER, "AK name of another encoding of the same key", this::otherName),
        new NegativeCase(24, Level.VERIFIER, "AK nameAlg SHA-1", this::nameAlgSha1),
        new NegativeCase(
            26, Level.VERIFIER, "credential made for another AK name", this::otherCredential),
        new NegativeCase(
            31, Level.VERIFIER, "qualifiedSigner off the known path", this::otherSigner),
        new NegativeCase(32, Level.VERIFIER, "quote by another attestation key", this::otherKey));
  }

  private NegativeCase attribute(int number, String title, int attribute, String reason) {
    return new NegativeCase(
        number,
        Level.VERIFIER,
        title,
        tries -> {
          tries.accepted("set", () -> quotedBy(ak));
          tries.refused("clear", reason, () -> quotedBy(ak.saying(ak.area.without(attribute))));
        });
  }

  private Observed quotedBy(CorpusKey key) {
    return Judge.quote(key, attest, key.sign(attest), Pcrs.ASKED);
  }

  private void decrypts(Tries tries) {
    tries.refused(
        "decrypt set", "ak_decrypts", () -> quotedBy(ak.saying(ak.area.with(CorpusKey.DECRYPT))));
    tries.refused("x509sign set", "ak_x509_sign", () -> quotedBy(ak.saying(ak.area.with(1 << 19))));
  }

  /**
   * A coordinate with a zero before it is the same number, and no TPM's public area: its name is
   * another's. What a verifier computes from numbers would be equal.
   */
  private void otherName(Tries tries) throws Exception {
    CorpusKey instance = CorpusKey.instance();
    byte[] x = instance.area.unique()[0];
    while (x[0] != 0) {
      instance = CorpusKey.instance();
      x = instance.area.unique()[0];
    }
    CorpusKey.Area whole = instance.area;
    CorpusKey.Area shorter = whole.withUnique(CorpusKey.tail(x, 1), whole.unique()[1]);
    byte[] certification = Statement.certification(whole).encode();
    tries.refused(
        "the same key, a zero left out",
        "key_name_mismatch",
        () -> Judge.certification(ak, shorter.encode(), certification, ak.sign(certification)));
    tries.accepted(
        "the bytes that were certified",
        () -> Judge.certification(ak, whole.encode(), certification, ak.sign(certification)));
  }

  private void nameAlgSha1(Tries tries) {
    tries.refused(
        "sha1", "ak_name_alg_sha1", () -> quotedBy(ak.saying(ak.area.withNameAlg(CorpusKey.SHA1))));
    tries.accepted("sha384", () -> quotedBy(ak.saying(ak.area.withNameAlg(CorpusKey.SHA384))));
  }

  /** What refuses here is the TPM: it opens a credential for its own key of that name alone. */
  private void otherCredential(Tries tries) throws Exception {
    SecureRandom random = new SecureRandom();
    EndorsementAuthority maker = EndorsementAuthority.create(CorpusCa.NOW, random);
    SoftwareTpm tpm = SoftwareTpm.manufacture(maker);
    SoftwareTpm otherTpm = SoftwareTpm.manufacture(maker);
    byte[] name = ak.area.name();
    TpmCredential credential =
        (TpmCredential)
            MakeCredential.make(
                TpmtPublic.parse(tpm.endorsementArea()),
                TpmName.parse(name),
                "secret".getBytes(StandardCharsets.US_ASCII),
                random);
    Map<String, byte[]> others = new LinkedHashMap<>();
    others.put("another key", CorpusKey.attestation().area.name());
    others.put("the same key with other attributes", ak.area.without(CorpusKey.RESTRICTED).name());
    others.forEach(
        (what, other) ->
            tries.refused(
                "activated for " + what,
                "tpm_rc_integrity",
                () -> activated(tpm, other, credential)));
    tries.refused(
        "activated by another TPM",
        "tpm_rc_integrity",
        () -> activated(otherTpm, name, credential));
    tries.accepted("activated for its key", () -> activated(tpm, name, credential));
  }

  private static Observed activated(SoftwareTpm tpm, byte[] name, TpmCredential credential)
      throws Exception {
    try {
      byte[] secret =
          tpm.activate(name, credential.idObject().bytes(), credential.encryptedSecret().bytes());
      return new String(secret, StandardCharsets.US_ASCII).equals("secret")
          ? Observed.ACCEPTED
          : Observed.refused("another_secret");
    } catch (GeneralSecurityException e) {
      return Observed.refused("tpm_rc_integrity");
    }
  }

  private void otherSigner(Tries tries) {
    byte[] place = Statement.qualifiedName(ak.area);
    Statement quote = Statement.quote(Pcrs.ASKED, CorpusKey.SHA256);
    Map<String, byte[]> elsewhere = new LinkedHashMap<>();
    elsewhere.put("the hierarchy's handle", Statement.ENDORSEMENT_HIERARCHY);
    elsewhere.put("the key's name", ak.area.name());
    elsewhere.put("none", new byte[0]);
    elsewhere.put("another key's place", Statement.qualifiedName(CorpusKey.attestation().area));
    elsewhere.forEach(
        (what, signer) ->
            tries.refused(
                what,
                "qualified_signer_mismatch",
                () -> Judge.quoteOfKeyAt(place, ak, quote.withSigner(signer).encode())));
    tries.accepted(
        "its place", () -> Judge.quoteOfKeyAt(place, ak, quote.withSigner(place).encode()));
  }

  private void otherKey(Tries tries) {
    CorpusKey other = CorpusKey.attestation();
    tries.refused(
        "signed by another",
        "signature_invalid",
        () -> Judge.quote(ak, attest, other.sign(attest), Pcrs.ASKED));
    tries.accepted("signed by that other, judged by its key", () -> quotedBy(other));
    byte[] signature = ak.rawEcdsa(attest, CorpusKey.SHA256);
    tries.refused(
        "r and s exchanged",
        "signature_invalid",
        () ->
            Judge.quote(
                ak,
                attest,
                CorpusKey.ecdsa(
                    CorpusKey.SHA256, CorpusKey.tail(signature, 32), Arrays.copyOf(signature, 32)),
                Pcrs.ASKED));
  }
}
