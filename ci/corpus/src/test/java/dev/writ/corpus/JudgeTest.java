// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What is right is accepted: the refusals of the corpus are not for something else. */
final class JudgeTest {
  private final CorpusKey ak = CorpusKey.attestation();

  @Test
  void package_inWhichAllHolds_isAccepted() {
    assertThat(Judge.evidence(ak, EvidencePackage.of(ak, CorpusKey.instance()).encode()))
        .isEqualTo(Observed.ACCEPTED);
  }

  @Test
  void quote_ofEachKindOfKey_isAccepted() {
    for (CorpusKey key :
        new CorpusKey[] {
          ak,
          CorpusKey.attestation(CorpusKey.Kind.P384, CorpusKey.ECDSA, CorpusKey.SHA384),
          CorpusKey.attestation(CorpusKey.Kind.RSA_2048, CorpusKey.RSASSA, CorpusKey.SHA256),
          CorpusKey.attestation(CorpusKey.Kind.RSA_2048, CorpusKey.RSAPSS, CorpusKey.SHA512)
        }) {
      byte[] attest = Statement.quote(Pcrs.ASKED, key.area.hash()).encode();
      assertThat(Judge.quote(key, attest, key.sign(attest), Pcrs.ASKED))
          .isEqualTo(Observed.ACCEPTED);
    }
  }
}
