// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.evidence.AkOutcome;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.QuoteOutcome;
import dev.writ.evidence.QuoteVerifier;
import dev.writ.evidence.TpmtPublic;
import dev.writ.evidence.VerifiedQuote;
import java.security.Provider;
import java.util.ArrayList;
import java.util.List;

/**
 * How fast a quote is verified, from the bytes of its evidence package: parsed, signature under the
 * enrolled key, selection, PCR digest.
 *
 * <p>{@code NAME/PROVIDER/ak-parsed} reads and judges the attestation key anew for each quote, as a
 * service does that keeps no key in memory.
 */
final class QuoteVerify implements Benchmark {
  private static final String UNIT = "quotes/s";

  @Override
  public String description() {
    return "a TPM's quote verified, beside the provider's raw P-256 rate";
  }

  @Override
  public void run(Setting setting, Report report) throws Exception {
    Quotes quotes = Quotes.ofOneHost();
    List<P256Provider> providers = P256Provider.preferredFirst();
    List<Contender> contenders = new ArrayList<>();
    for (P256Provider p256 : providers) {
      contenders.add(Contender.loop(new KnownKey(quotes, p256.provider())));
      contenders.add(Contender.loop(RawVerification.on(p256)));
    }
    contenders.add(Contender.loop(new ParsedKey(quotes, providers.get(0).provider())));
    List<Double> rates = setting.rounds().run(contenders);

    for (int i = 0; i < providers.size(); i++) {
      P256Provider p256 = providers.get(i);
      String name = i == 0 ? setting.name() : setting.variant(p256.name());
      report.add(name, rates.get(2 * i), UNIT, RawVerification.lineOf(p256));
      report.add(RawVerification.lineOf(p256), rates.get(2 * i + 1), RawVerification.UNIT);
    }
    P256Provider first = providers.get(0);
    report.add(
        setting.variant("ak-parsed"),
        rates.get(2 * providers.size()),
        UNIT,
        RawVerification.lineOf(first));
  }

  private static EnrolledAk judge(byte[] publicArea, Provider provider)
      throws MalformedEvidenceException {
    AkOutcome outcome = EnrolledAk.of(TpmtPublic.parse(publicArea), provider);
    if (outcome instanceof EnrolledAk ak) {
      return ak;
    }
    throw new IllegalStateException("the TPM's attestation key must be believed: " + outcome);
  }

  private static void verify(Quotes quotes, int index, EnrolledAk ak)
      throws MalformedEvidenceException {
    QuoteOutcome outcome =
        QuoteVerifier.verify(
            Evidence.parse(quotes.evidence(index)),
            ak,
            quotes.qualifyingData(index),
            quotes.selection());
    if (!(outcome instanceof VerifiedQuote)) {
      throw new IllegalStateException("the TPM's quote must verify: " + outcome);
    }
  }

  /** The key was judged when the host was enrolled. */
  private static final class KnownKey implements Contender.Operation {
    private final Quotes quotes;
    private final EnrolledAk ak;
    private int next;

    KnownKey(Quotes quotes, Provider provider) throws MalformedEvidenceException {
      this.quotes = quotes;
      this.ak = judge(quotes.attestationKey(), provider);
    }

    @Override
    public void once() throws MalformedEvidenceException {
      verify(quotes, next, ak);
      next = (next + 1) % quotes.count();
    }
  }

  /** The key is judged with each quote. */
  private static final class ParsedKey implements Contender.Operation {
    private final Quotes quotes;
    private final Provider provider;
    private int next;

    ParsedKey(Quotes quotes, Provider provider) {
      this.quotes = quotes;
      this.provider = provider;
    }

    @Override
    public void once() throws MalformedEvidenceException {
      verify(quotes, next, judge(quotes.attestationKey(), provider));
      next = (next + 1) % quotes.count();
    }
  }
}
