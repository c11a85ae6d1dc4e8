// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.artifact.AkName;
import dev.writ.artifact.Leaf;
import dev.writ.ledger.KeptBootLog.Decision;
import dev.writ.ledger.StateChange.KeepBootLog;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Boot logs beside the ledger, and leaves found by their ids. */
@Tag("any-store")
final class BootLogsTest {
  private static final AkName HOST = Samples.host("a").akName();
  private static final AkName OTHER = Samples.host("b").akName();

  @TempDir private Path folder;
  private Ledger ledger;

  @BeforeEach
  void open() throws Exception {
    ledger = TestLedgers.open(folder);
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  private static KeepBootLog log(AkName host, Decision decision, long boot, String log) {
    byte[] bytes = log.getBytes(StandardCharsets.UTF_8);
    return new KeepBootLog(host, decision, boot, Hash.sha256(bytes), bytes);
  }

  @CanIgnoreReturnValue
  private long keep(KeepBootLog log) throws Exception {
    Entry entry = Entry.of(Samples.leaf(), log).withPayload(new byte[] {1});
    return receipt(commit(ledger, entry)).index();
  }

  private List<String> kept(AkName host) throws Exception {
    return ledger.bootLogs(host).stream()
        .map(log -> log.decision() + " " + log.boot() + " " + log.leafIndex())
        .toList();
  }

  @Test
  void log_ofOneBoot_isKeptOnceWithItsFirstLeaf() throws Exception {
    long first = keep(log(HOST, Decision.ALLOWED, 7, "log"));
    keep(log(HOST, Decision.ALLOWED, 7, "log"));
    keep(log(HOST, Decision.ALLOWED, 7, "the same log in another coding"));

    KeptBootLog kept = ledger.bootLogs(HOST).get(0);
    assertThat(kept(HOST)).containsExactly("ALLOWED 7 " + first);
    assertThat(kept.akName()).isEqualTo(HOST);
    assertThat(new String(kept.log(), StandardCharsets.UTF_8)).isEqualTo("log");
    assertThat(kept.digest()).isEqualTo(Hash.sha256(kept.log()));
    assertThat(ledger.bootLogs(OTHER)).isEmpty();
    assertThat(ledger.keepsBootLog(HOST, Decision.ALLOWED, 7)).isTrue();
    assertThat(ledger.keepsBootLog(HOST, Decision.ALLOWED, 8)).isFalse();
    assertThat(ledger.keepsBootLog(HOST, Decision.DENIED, 7)).isFalse();
    assertThat(ledger.keepsBootLog(OTHER, Decision.ALLOWED, 7)).isFalse();
  }

  @Test
  void logs_ofManyBoots_giveWayButForTheLast() throws Exception {
    keep(log(HOST, Decision.ALLOWED, 1, "one"));
    long other = keep(log(OTHER, Decision.ALLOWED, 1, "one"));
    long denied = keep(log(HOST, Decision.DENIED, 2, "changed"));
    long second = keep(log(HOST, Decision.ALLOWED, 3, "two"));
    long third = keep(log(HOST, Decision.ALLOWED, 4, "two"));

    assertThat(kept(HOST))
        .containsExactly("ALLOWED 4 " + third, "ALLOWED 3 " + second, "DENIED 2 " + denied);
    assertThat(kept(OTHER)).containsExactly("ALLOWED 1 " + other);

    long later = keep(log(HOST, Decision.DENIED, 5, "changed"));
    assertThat(kept(HOST))
        .containsExactly("DENIED 5 " + later, "ALLOWED 4 " + third, "ALLOWED 3 " + second);
  }

  @Test
  @Tag("embedded")
  void erasedPayload_takesItsLogWithIt() throws Exception {
    String secret = "what a host measured ".repeat(400);
    long index = keep(log(HOST, Decision.ALLOWED, 1, secret));
    assertThat(onDisk(secret)).isTrue();

    assertThat(ledger.payloads().erase(index)).isTrue();

    assertThat(ledger.bootLogs(HOST)).isEmpty();
    assertThat(onDisk(secret)).isFalse();
    assertThat(ledger.payloads().erase(index)).isFalse();
  }

  private boolean onDisk(String text) throws Exception {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        if (Files.readString(file, StandardCharsets.ISO_8859_1).contains(text.substring(0, 40))) {
          return true;
        }
      }
    }
    return false;
  }

  @Test
  void log_ofNoOrTooManyBytes_isRefused() {
    for (int length : new int[] {0, KeptBootLog.MAX_BYTES + 1}) {
      byte[] log = new byte[length];
      assertThatThrownBy(() -> new KeepBootLog(HOST, Decision.DENIED, 1, Hash.sha256(log), log))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void leaf_isFoundByItsId() throws Exception {
    Entry wanted = justMade();
    // Much older, and between those that are in order.
    receipt(commit(ledger, Samples.entry()));
    receipt(commit(ledger, justMade()));
    long index = receipt(commit(ledger, wanted)).index();
    receipt(commit(ledger, justMade()));

    assertThat(ledger.indexOf(wanted.leaf().id())).hasValue(index);
    assertThat(ledger.indexOf(justMade().leaf().id())).isEmpty();
  }

  private static Entry justMade() {
    Leaf leaf = Samples.leaf();
    return Entry.of(Leaf.of(leaf.id().time(), leaf.id(), leaf.parents(), leaf.body()));
  }
}
