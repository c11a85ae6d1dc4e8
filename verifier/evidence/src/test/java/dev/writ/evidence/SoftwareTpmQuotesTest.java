// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Quotes that swtpm made; {@code swtpm/README.md} beside them says how. */
class SoftwareTpmQuotesTest {
  private static final PcrSelection ASKED =
      PcrSelection.of(TpmAlg.SHA256, 0, 1, 7).and(TpmAlg.SHA384, 0);
  private static final byte[] QUALIFYING_DATA =
      Octets.fromHex("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff").bytes();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ecc-ecdsa-sha256",
        "ecc384-ecdsa-sha384",
        "rsa-rsassa-sha256",
        "rsa-rsapss-sha256"
      })
  void quoteOfEachKindOfKey_isVerifiedFromItsPackage(String name) throws Exception {
    TpmtPublic publicArea = TpmtPublic.parseTpm2b(resource(name + ".pub"));
    TpmName qualified = publicArea.name().qualifiedUnder(TpmName.ENDORSEMENT_HIERARCHY);
    EnrolledAk ak = ((EnrolledAk) EnrolledAk.of(publicArea)).withQualifiedName(qualified);
    Evidence evidence =
        Evidence.builder()
            .quote(resource(name + ".attest"), resource(name + ".sig"))
            .pcrValues(values(resource(name + ".pcrs")))
            .build();

    assertThat(publicArea.name().bytes()).isEqualTo(resource(name + ".name"));
    assertThat(qualified.bytes()).isEqualTo(resource(name + ".qname"));
    assertThat(evidence.quoteSignature().encode()).isEqualTo(resource(name + ".sig"));
    assertThat(QuoteVerifier.verify(evidence, ak, QUALIFYING_DATA, ASKED))
        .isInstanceOfSatisfying(
            VerifiedQuote.class,
            quote -> {
              assertThat(quote.clockInfo().resetCount()).isEqualTo(2);
              assertThat(quote.clockInfo().safe()).isTrue();
              assertThat(quote.values().value(TpmAlg.SHA256, 1).orElseThrow().value())
                  .isEqualTo(Octets.of(new byte[32]));
            });
  }

  private static PcrValues values(byte[] concatenated) {
    List<TpmDigest> digests = new ArrayList<>();
    int at = 0;
    for (PcrSelection.Bank bank : ASKED.banks()) {
      for (int unused : bank.indices()) {
        int end = at + bank.hash().digestBytes();
        digests.add(TpmDigest.of(bank.hash(), Arrays.copyOfRange(concatenated, at, end)));
        at = end;
      }
    }
    return new PcrValues(ASKED, digests);
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = SoftwareTpmQuotesTest.class.getResourceAsStream("swtpm/" + name)) {
      return Objects.requireNonNull(in, name).readAllBytes();
    }
  }
}
