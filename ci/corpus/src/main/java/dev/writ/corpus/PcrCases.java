// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.evidence.ReferenceValues;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmDigest;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** 37, and 46 to 53: answers to another question, and values that are not those that were quoted. */
final class PcrCases {
  private static final String OTHER_SELECTION = "pcr_selection_mismatch";

  private final CorpusKey ak = CorpusKey.attestation();

  List<NegativeCase> cases() {
    return List.of(
        new NegativeCase(37, Level.VERIFIER, "nonce wrong, short, empty, prefix", this::otherNonce),
        new NegativeCase(46, Level.VERIFIER, "relabelled PCR", this::relabelled),
        new NegativeCase(47, Level.VERIFIER, "subset of the PCRs asked", this::subset),
        new NegativeCase(48, Level.VERIFIER, "superset of the PCRs asked", this::superset),
        new NegativeCase(49, Level.VERIFIER, "another bank, SHA-1 for SHA-256", this::otherBank),
        new NegativeCase(
            50,
            Level.VERIFIER,
            "pcrDigest with the bank's hash, the scheme's differs",
            this::otherHash),
        new NegativeCase(51, Level.VERIFIER, "PCR 16 or 23 trusted", this::resettable),
        new NegativeCase(52, Level.VERIFIER, "unselected PCR used by policy", this::unselected),
        new NegativeCase(
            53, Level.VERIFIER, "bank present but never extended", this::neverExtended));
  }

  private Observed quoted(Statement statement, Pcrs values) {
    byte[] attest = statement.encode();
    return Judge.quote(ak, attest, ak.sign(attest), values);
  }

  private void otherNonce(Tries tries) {
    Statement quote = Statement.quote(Pcrs.ASKED, CorpusKey.SHA256);
    byte[] right = Statement.QUALIFYING_DATA;
    Map<String, byte[]> wrong = new LinkedHashMap<>();
    wrong.put("last bit", SignatureCases.flipped(right, 31));
    wrong.put("first byte", SignatureCases.flipped(right, 0));
    wrong.put("one byte less", Arrays.copyOf(right, 31));
    wrong.put("one byte more", Arrays.copyOf(right, 33));
    wrong.put("prefix of 8", Arrays.copyOf(right, 8));
    wrong.put("empty", new byte[0]);
    wrong.put("zeros", new byte[32]);
    wrong.forEach(
        (what, extraData) ->
            tries.refused(
                what,
                "qualifying_data_mismatch",
                () -> quoted(quote.withExtraData(extraData), Pcrs.ASKED)));
    tries.accepted("the one asked", () -> quoted(quote, Pcrs.ASKED));
  }

  private void relabelled(Tries tries) {
    tries.refused(
        "values of two PCRs exchanged",
        "pcr_digest_mismatch",
        () -> quoted(Statement.quote(Pcrs.ASKED, CorpusKey.SHA256), Pcrs.ASKED.relabelled()));
  }

  private void subset(Tries tries) {
    otherSelection(
        tries, "one PCR less", Pcrs.of(CorpusKey.SHA256, 0, 1).and(CorpusKey.SHA384, 0, 4));
    otherSelection(tries, "one bank less", Pcrs.of(CorpusKey.SHA256, 0, 1, 7));
    // A TPM clears what it does not have.
    otherSelection(
        tries, "a bank without PCRs", Pcrs.of(CorpusKey.SHA256, 0, 1, 7).and(CorpusKey.SHA384));
  }

  private void superset(Tries tries) {
    otherSelection(
        tries, "one PCR more", Pcrs.of(CorpusKey.SHA256, 0, 1, 2, 7).and(CorpusKey.SHA384, 0, 4));
    otherSelection(tries, "one bank more", Pcrs.ASKED.and(CorpusKey.SHA512, 0));
    // What is signed is asked; more values than that come along.
    tries.refused(
        "values of more PCRs than signed",
        "pcr_values_selection_mismatch",
        () ->
            quoted(
                Statement.quote(Pcrs.ASKED, CorpusKey.SHA256),
                Pcrs.ASKED.and(CorpusKey.SHA512, 0)));
  }

  private void otherBank(Tries tries) {
    Pcrs sha1 = Pcrs.of(CorpusKey.SHA1, 0, 1, 7).and(CorpusKey.SHA384, 0, 4);
    otherSelection(tries, "quoted in the bank of SHA-1", sha1);
    tries.refused(
        "values of SHA-1 beside a quote of SHA-256",
        "pcr_values_selection_mismatch",
        () -> quoted(Statement.quote(Pcrs.ASKED, CorpusKey.SHA256), sha1));
    Pcrs both = Pcrs.of(CorpusKey.SHA1, 7).and(CorpusKey.SHA256, 7);
    tries.refused(
        "a reference value of SHA-1, which holds",
        "pcr_bank_sha1",
        () -> Judge.appraisal(both, reference(TpmAlg.SHA1, 7)));
    tries.accepted(
        "a reference value of SHA-256, SHA-1 quoted beside it",
        () -> Judge.appraisal(both, reference(TpmAlg.SHA256, 7)));
  }

  private void otherSelection(Tries tries, String what, Pcrs signed) {
    tries.refused(
        what, OTHER_SELECTION, () -> quoted(Statement.quote(signed, CorpusKey.SHA256), signed));
    // The same where it was asked: nothing else is wrong with it.
    byte[] attest = Statement.quote(signed, CorpusKey.SHA256).encode();
    tries.accepted(
        what + ", asked", () -> Judge.quote(ak, attest, ak.sign(attest), signed, signed));
  }

  private void otherHash(Tries tries) {
    CorpusKey sha384 =
        CorpusKey.attestation(CorpusKey.Kind.P384, CorpusKey.ECDSA, CorpusKey.SHA384);
    Pcrs pcrs = Pcrs.of(CorpusKey.SHA256, 0, 1, 7);
    byte[] banks = Statement.quote(pcrs, CorpusKey.SHA256).encode();
    byte[] schemes = Statement.quote(pcrs, CorpusKey.SHA384).encode();
    tries.refused(
        "digest with the bank's SHA-256, scheme with SHA-384",
        "pcr_digest_mismatch",
        () -> Judge.quote(sha384, banks, sha384.sign(banks), pcrs, pcrs));
    tries.accepted(
        "digest with the scheme's SHA-384",
        () -> Judge.quote(sha384, schemes, sha384.sign(schemes), pcrs, pcrs));
  }

  private void resettable(Tries tries) {
    for (int index : new int[] {16, 23}) {
      tries.refused(
          "PCR " + index + ", which has the value allowed",
          "pcr_resettable",
          () -> Judge.appraisal(Pcrs.of(CorpusKey.SHA256, index), reference(TpmAlg.SHA256, index)));
    }
  }

  private void unselected(Tries tries) {
    tries.refused(
        "PCR that was not quoted",
        "pcr_quoted",
        () -> Judge.appraisal(Pcrs.ASKED, reference(TpmAlg.SHA256, 2)));
    tries.refused(
        "bank that was not quoted",
        "pcr_quoted",
        () -> Judge.appraisal(Pcrs.ASKED, reference(TpmAlg.SHA512, 0)));
    tries.accepted(
        "PCR that was quoted", () -> Judge.appraisal(Pcrs.ASKED, reference(TpmAlg.SHA384, 4)));
  }

  private static void filled(Tries tries, int fill) {
    Pcrs never =
        Pcrs.of(CorpusKey.SHA256, 0)
            .and(
                CorpusKey.SHA384,
                (hash, index) -> {
                  byte[] initial = new byte[CorpusKey.digestBytes(hash)];
                  Arrays.fill(initial, (byte) fill);
                  return initial;
                },
                0,
                4);
    tries.refused(
        String.format("all %02x", fill),
        "pcr_bank_live",
        () -> Judge.appraisal(never, ReferenceValues.builder().build()));
  }

  private void neverExtended(Tries tries) {
    filled(tries, 0x00);
    filled(tries, 0xff);
    tries.accepted(
        "extended", () -> Judge.appraisal(Pcrs.ASKED, ReferenceValues.builder().build()));
  }

  private static ReferenceValues reference(TpmAlg bank, int index) {
    return ReferenceValues.builder()
        .allow(index, TpmDigest.of(bank, Pcrs.value(bank.id(), index)))
        .build();
  }
}
