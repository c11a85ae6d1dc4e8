// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.artifact.ActionAtHand;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.Seen;
import dev.writ.artifact.Verdict;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * How fast a gateway verifies a bundle that it has never seen, on one thread, from the bundle's bytes.
 *
 * <p>Two signatures are checked, the artifact's and the checkpoint's, so the bound is half the
 * provider's raw rate: {@code beside/limit/PROVIDER}.
 */
final class BundleVerify implements Benchmark {
  private static final String UNIT = "bundles/s";
  private static final int SIGNATURES = 2;

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
      contenders.add(Contender.loop(new Gateway(bundles, p256)));
      contenders.add(Contender.loop(RawVerification.on(p256)));
    }
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
  }

  /** A Relying Party away from the host: it can ask for all but the host's state. */
  private static final class Gateway implements Contender.Operation {
    private final Bundles bundles;
    private final BundleVerifier verifier;
    private final Presentation presentation;
    private final Instant now;
    private int next;

    Gateway(Bundles bundles, P256Provider p256) {
      this.bundles = bundles;
      this.verifier = BundleVerifier.of(bundles.trust(), p256.provider());
      this.presentation =
          Presentation.NOTHING
              .withAudience(new Presentation.Audience.Gateway(Bundles.GATEWAY))
              .withTenant(Bundles.TENANT)
              .withAction(ActionAtHand.of(bundles.act()))
              .withObligations(Set.of());
      this.now = bundles.now();
    }

    @Override
    public void once() {
      Verdict verdict =
          verifier.verify(bundles.bundle(next), presentation, Seen.NOTHING_IS_USED, now);
      if (!(verdict instanceof Verdict.Allowed)) {
        throw new IllegalStateException("a valid bundle must be allowed, was " + verdict);
      }
      next = (next + 1) % bundles.count();
    }
  }
}
