// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** 78 to 81: instance keys that are not held where their certification says. */
final class BindingCases {
  private final CorpusKey ak = CorpusKey.attestation();
  private final CorpusKey instance = CorpusKey.instance();

  List<NegativeCase> cases() {
    return List.of(
        new NegativeCase(
            78, Level.VERIFIER, "app key certified by another TPM's AK", this::otherTpm),
        new NegativeCase(
            79, Level.VERIFIER, "Certify with wrong qualifying data", this::otherQuestion),
        new NegativeCase(
            80, Level.VERIFIER, "certified name of a different public area", this::otherName),
        new NegativeCase(81, Level.VERIFIER, "app key exportable", this::exportable));
  }

  private Observed certified(CorpusKey.Area key, Statement statement) {
    return certified(key, statement, ak);
  }

  private Observed certified(CorpusKey.Area key, Statement statement, CorpusKey signer) {
    byte[] attest = statement.encode();
    return Judge.certification(ak, key.encode(), attest, signer.sign(attest));
  }

  private void otherTpm(Tries tries) {
    Statement statement = Statement.certification(instance.area);
    tries.refused(
        "signed by another AK",
        "signature_invalid",
        () -> certified(instance.area, statement, CorpusKey.attestation()));
    tries.refused(
        "signed by the app key itself",
        "signature_invalid",
        () -> certified(instance.area, statement, instance));
    tries.accepted("signed by its own AK", () -> certified(instance.area, statement));
  }

  private void otherQuestion(Tries tries) {
    Statement statement = Statement.certification(instance.area);
    Map<String, byte[]> wrong = new LinkedHashMap<>();
    wrong.put("another key's", SignatureCases.flipped(Statement.QUALIFYING_DATA, 5));
    wrong.put("none", new byte[0]);
    wrong.put("zeros", new byte[32]);
    wrong.forEach(
        (what, extraData) ->
            tries.refused(
                what,
                "qualifying_data_mismatch",
                () -> certified(instance.area, statement.withExtraData(extraData))));
  }

  private void otherName(Tries tries) {
    tries.refused(
        "another key",
        "key_name_mismatch",
        () -> certified(instance.area, Statement.certification(CorpusKey.instance().area)));
    tries.refused(
        "the same key with other attributes",
        "key_name_mismatch",
        () ->
            certified(
                instance.area,
                Statement.certification(instance.area.without(CorpusKey.FIXED_TPM))));
    tries.refused(
        "a quote for a certification",
        "attest_type_wrong",
        () -> certified(instance.area, Statement.quote(Pcrs.ASKED, CorpusKey.SHA256)));
  }

  private void exportable(Tries tries) {
    Map<String, CorpusKey.Area> all = new LinkedHashMap<>();
    all.put("not fixedTPM", instance.area.without(CorpusKey.FIXED_TPM));
    all.put("not fixedParent", instance.area.without(CorpusKey.FIXED_PARENT));
    all.put("imported", instance.area.without(CorpusKey.SENSITIVE_DATA_ORIGIN));
    all.forEach(
        (what, area) ->
            tries.refused(
                what, "key_exportable", () -> certified(area, Statement.certification(area))));
    CorpusKey.Area restricted = instance.area.with(CorpusKey.RESTRICTED);
    tries.refused(
        "restricted",
        "key_restricted",
        () -> certified(restricted, Statement.certification(restricted)));
  }
}
