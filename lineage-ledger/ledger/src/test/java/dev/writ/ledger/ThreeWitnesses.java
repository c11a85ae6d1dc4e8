// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.tlog.LogPolicy;
import dev.writ.tlog.MalformedLogPolicyException;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TrustedCheckpoint;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Witnesses of the tests' log, two of whom are a quorum. */
final class ThreeWitnesses implements AutoCloseable {
  final List<TestWitness> all;

  /** Starts them, each with a folder of its own. */
  ThreeWitnesses(Path folder) {
    all =
        Stream.of("north", "south", "west")
            .map(name -> new TestWitness(name, folder, TestLedgers.SIGNER.key()))
            .toList();
  }

  /** Their lines in a log policy. */
  String lines() {
    return all.stream().map(TestWitness::line).collect(Collectors.joining());
  }

  LogPolicy policy() throws MalformedLogPolicyException {
    return LogPolicy.parse(
        "log "
            + TestLedgers.SIGNER.key().vkey()
            + "\n"
            + lines()
            + "group enough 2 north south west\nquorum enough\n");
  }

  void assertTrusted(SignedNote note) throws MalformedLogPolicyException {
    assertThat(policy().verifyCheckpoint(note)).isInstanceOf(TrustedCheckpoint.class);
  }

  @Override
  public void close() {
    all.forEach(TestWitness::close);
  }
}
