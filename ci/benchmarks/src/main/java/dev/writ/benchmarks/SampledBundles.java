// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.Seen;
import dev.writ.artifact.Verdict;
import dev.writ.load.Observer;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Keeps one bundle of many while the load runs, and verifies them when it does not. */
final class SampledBundles implements Observer {
  private static final int ONE_OF = 997;
  private static final int MOST = 1_000;

  private final BundleVerifier verifier;
  private final Presentation presentation;
  private final List<Sample> sampled = new ArrayList<>();
  private long seen;
  private long verified;

  SampledBundles(BundleVerifier verifier, Presentation presentation) {
    this.verifier = verifier;
    this.presentation = presentation;
  }

  @Override
  public void issued(ByteBuffer application, ByteBuffer bundle) {
    if (seen++ % ONE_OF == 0 && sampled.size() < MOST) {
      byte[] bytes = new byte[bundle.remaining()];
      bundle.get(bytes);
      sampled.add(new Sample(bytes, Instant.now()));
    }
  }

  /** A bundle, and when it came: a long run outlives it. */
  private record Sample(byte[] bundle, Instant received) {}

  /** Verifies what was kept, as of when it came, and forgets it. */
  void verify() {
    for (Sample sample : sampled) {
      Verdict verdict =
          verifier.verify(sample.bundle(), presentation, Seen.NOTHING_IS_USED, sample.received());
      if (!(verdict instanceof Verdict.Allowed)) {
        throw new IllegalStateException("an issued bundle must be allowed, was " + verdict);
      }
      verified++;
    }
    sampled.clear();
  }

  long verified() {
    return verified;
  }
}
