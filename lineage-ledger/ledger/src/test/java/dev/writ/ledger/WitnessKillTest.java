// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.tlog.AddCheckpointAnswer.Conflict;
import dev.writ.tlog.AddCheckpointAnswer.Cosigned;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Cosigner;
import dev.writ.tlog.Hash;
import dev.writ.tlog.SignedNote;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} of a witness under load: nobody has a cosignature that it has forgotten. */
class WitnessKillTest {
  private static final int KILLS = 4;

  @TempDir Path temporary;

  @Test
  @Timeout(120)
  void kill9_betweenAnyTwoSteps_keepsWhatWasCosigned_andTheLogGoesOn() throws Exception {
    Path folder = temporary.resolve("witness");
    KeyPair key = SampleLog.ed25519();
    KeyPair logKey = SampleLog.ed25519();
    Witness.make(folder, Cosigner.of("witness.example", key).key());
    SampleLog log = new SampleLog(CrashingWitness.ORIGIN, logKey).growNumbered(10_000);
    Hash origin = Hash.sha256(CrashingWitness.ORIGIN.getBytes(StandardCharsets.UTF_8));
    int seen = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      int answered = runAndKill(folder, key, logKey, seen, 20 + 13 * kill);
      try (Witness witness = CrashingWitness.open(folder, key, log)) {
        SignedNote note = SignedNote.parse(witness.checkpoint(origin).orElseThrow());
        int stored = Math.toIntExact(Checkpoint.parse(note.text()).size());
        // Killed before the answer it has one tree more than anybody was told.
        assertThat(stored).isBetween(answered, answered + 1);
        assertThat(witness.add(log.forkAt(3).grow(9_000).request(0, 8_000)))
            .isEqualTo(new Conflict(stored));
        assertThat(witness.add(log.request(stored, stored + 1))).isInstanceOf(Cosigned.class);
        seen = stored + 1;
      }
    }
  }

  /** The last size of which the child said that it has the cosignature. */
  private static int runAndKill(Path folder, KeyPair key, KeyPair log, int seen, int sizes)
      throws Exception {
    AtomicInteger last = new AtomicInteger(seen);
    AtomicInteger said = new AtomicInteger();
    try (KilledJvm child =
        KilledJvm.start(
            CrashingWitness.class,
            folder.toString(),
            CrashingWitness.text(key),
            CrashingWitness.text(log),
            Integer.toString(seen))) {
      child.read(
          line -> {
            last.set(Integer.parseInt(line.substring(0, line.length() - 2)));
            if (said.incrementAndGet() == sizes) {
              child.kill();
            }
          });
    }
    assertThat(said.get()).isGreaterThanOrEqualTo(sizes);
    return last.get();
  }
}
