// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.artifact.ActionAtHand;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.Seen;
import dev.writ.artifact.SeenInMemory;
import dev.writ.artifact.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * How fast a gateway verifies a bundle, on one thread, from the bundle's bytes.
 *
 * <p>The figure is of bundles of which it has seen nothing, the status token included. Three signatures
 * are checked, the artifact's, the checkpoint's and the token's, so the bound is a third of the
 * provider's raw rate: {@code beside/limit/PROVIDER}.
 *
 * <p>{@code known-token} is of bundles that bring a token that the gateway keeps already, as all do of
 * one list until the next token: two signatures are left, and the bound is half the raw rate.
 */
final class BundleVerify implements Benchmark {
  private static final String UNIT = "bundles/s";
  private static final int SIGNATURES = 3;
  private static final int SIGNATURES_BUT_THE_TOKENS = 2;
  private static final String KNOWN_TOKEN = "known-token";

  @Override
  public String description() {
    return "a proof bundle verified cold, beside the provider's raw P-256 rate / "
        + SIGNATURES
        + " signatures";
  }

  @Override
  public void run(Setting setting, Report report) throws Exception {
    Bundles bundles = Bundles.issue();
    List<P256Provider> providers = P256Provider.preferredFirst();
    List<Contender> contenders = new ArrayList<>();
    for (P256Provider p256 : providers) {
      contenders.add(Contender.loop(Gateway.thatKnowsNothing(bundles, p256)));
      contenders.add(Contender.loop(RawVerification.on(p256)));
    }
    P256Provider preferred = providers.get(0);
    contenders.add(Contender.loop(Gateway.thatKnowsTheToken(bundles, preferred)));
    List<Double> rates = setting.rounds().run(contenders);
    for (int i = 0; i < providers.size(); i++) {
      P256Provider p256 = providers.get(i);
      String limit = "beside/limit/" + p256.name();
      double raw = rates.get(2 * i + 1);
      report.add(
          i == 0 ? setting.name() : setting.variant(p256.name()), rates.get(2 * i), UNIT, limit);
      report.add(limit, raw / SIGNATURES, UNIT);
      report.add(RawVerification.lineOf(p256), raw, RawVerification.UNIT);
    }
    String limit = "beside/limit/" + KNOWN_TOKEN + "/" + preferred.name();
    report.add(setting.variant(KNOWN_TOKEN), rates.get(rates.size() - 1), UNIT, limit);
    report.add(limit, rates.get(1) / SIGNATURES_BUT_THE_TOKENS, UNIT);
  }

  /** A Relying Party away from the host: it can ask for all but the host's state. */
  private static final class Gateway implements Contender.Operation {
    private final IntFunction<byte[]> bundles;
    private final int count;
    private final Seen seen;
    private final BundleVerifier verifier;
    private final Presentation presentation;
    private final Instant now;
    private int next;

    private Gateway(Bundles bundles, IntFunction<byte[]> each, Seen seen, P256Provider p256) {
      this.bundles = each;
      this.count = bundles.count();
      this.seen = seen;
      this.verifier = BundleVerifier.of(bundles.trust(), p256.provider());
      this.presentation =
          Presentation.NOTHING
              .withAudience(new Presentation.Audience.Gateway(Bundles.GATEWAY))
              .withTenant(Bundles.TENANT)
              .withAction(ActionAtHand.of(bundles.act()))
              .withObligations(Set.of());
      this.now = bundles.now();
    }

    /** It keeps nothing, and has forgotten each token when it comes again. */
    static Gateway thatKnowsNothing(Bundles bundles, P256Provider p256) {
      return new Gateway(bundles, bundles::bundle, Seen.NOTHING_IS_USED, p256);
    }

    static Gateway thatKnowsTheToken(Bundles bundles, P256Provider p256) {
      return new Gateway(bundles, bundles::withCommonToken, new SeenInMemory(), p256);
    }

    @Override
    public void once() {
      Verdict verdict = verifier.verify(bundles.apply(next), presentation, seen, now);
      if (!(verdict instanceof Verdict.Allowed)) {
        throw new IllegalStateException("a valid bundle must be allowed, was " + verdict);
      }
      next = (next + 1) % count;
    }
  }
}
