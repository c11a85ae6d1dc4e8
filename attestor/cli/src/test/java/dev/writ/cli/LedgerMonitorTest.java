// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.KeyState;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code writ ledger monitor} over a server that shows what a test wants. */
class LedgerMonitorTest {
  private static final Instant NOW = Instant.parse("2026-11-21T06:00:00Z");

  @TempDir Path folder;
  private SampleLog log;
  private LogServer server;
  private Path state;

  @BeforeEach
  void serve() throws Exception {
    log = SampleLog.of(SampleLeaves.used(NOW.minusSeconds(60)).entries());
    server = new LogServer(log);
    state = folder.resolve("monitor.json");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Invocation once() {
    return monitor(NOW);
  }

  private Invocation monitor(Instant at, Object... more) {
    List<Object> words =
        new ArrayList<>(
            List.of("ledger", "monitor", server.url(), "--log", log.vkey(), "--state", state));
    words.addAll(List.of("--at", at, "--once"));
    words.addAll(List.of(more));
    return Invocation.of(words.toArray());
  }

  private void assertAlarms(String kind, String... words) {
    Invocation look = once();
    assertThat(look.status()).as(look.out()).isEqualTo(ExitStatus.INTEGRITY);
    assertThat(look.out()).contains("alarm  ", "ALARM", "alarm=" + kind);
    for (String word : words) {
      assertThat(look.out()).contains(word);
    }
  }

  @Test
  void look_atAnHonestLog_catchesUpAndShowsTheLag() {
    Invocation first = once();
    assertThat(first.err()).isEmpty();
    assertThat(first.status()).isZero();
    assertThat(first.out())
        .startsWith("ok  ")
        .contains("size=5  entries_behind=5  seconds_behind=60  leaf_age_seconds=56  alarms=0");
    assertThat(once().out()).contains("size=5  entries_behind=0  seconds_behind=0");
    for (byte[] entry : SampleLeaves.born(NOW).deny().entries().subList(2, 3)) {
      log.append(entry);
    }
    assertThat(once().out()).contains("size=6  entries_behind=1");
    assertThat(state).content().contains("\"kid\"", "\"role\":\"issuer\"", "\"state\":\"active\"");
  }

  @Test
  void log_thatShrank_alarmsAtEachLookAndStaysRemembered() {
    assertThat(once().status()).isZero();
    server.show(log.forked(log.entries().subList(0, 3)));
    assertAlarms("shrunk", "at least the 5 leaves that it had, signed that it has 3", "alarms=1");
    assertAlarms("shrunk", "alarms=2");
    server.show(log);
    assertThat(once().out()).contains("ok  ", "size=5", "alarms=2");
  }

  @Test
  void log_withTwoRootsAtOneSize_alarmsAndTheFirstContradictionIsKept() throws Exception {
    assertThat(once().status()).isZero();
    List<byte[]> other = new ArrayList<>(log.entries());
    other.set(4, SampleLeaves.born(NOW).deny().entries().get(2));
    SampleLog fork = log.forked(other);
    server.show(fork);
    assertAlarms("forked", "one size must have one root");
    Path kept = folder.resolve("monitor.json.contradiction");
    assertThat(kept).hasBinaryContent(fork.readCheckpoint().orElseThrow());
    server.show(log.forked(log.entries().subList(0, 3)));
    assertAlarms("shrunk");
    assertThat(kept).hasBinaryContent(fork.readCheckpoint().orElseThrow());
  }

  @Test
  void log_thatDoesNotContinueWhatWasSeen_alarms() {
    assertThat(once().status()).isZero();
    List<byte[]> other = new ArrayList<>(log.entries());
    other.set(0, SampleLeaves.born(NOW).key(KeyState.ACTIVE).entries().get(0));
    other.add(other.get(4));
    server.show(log.forked(other));
    assertAlarms("inconsistent", "must begin with the one of 5 leaves");
  }

  @Test
  void entry_thatIsNotTheTrees_alarmsAndIsNotFollowed() {
    log.flip("tile/entries/000.p/5", 40);
    assertAlarms("unproven", "entry 0 in tile/entries/000.p/5");
    log.damage("tile/entries/000.p/5", bytes -> bytes);
    assertThat(once().out()).contains("ok  ", "entries_behind=5");
  }

  @Test
  void leaf_ofAKindThatIsNotKnown_alarmsOnceAndIsFollowed() {
    assertThat(once().status()).isZero();
    log.append("{\"kind\":\"coronation\",\"v\":1}".getBytes(StandardCharsets.UTF_8));
    assertAlarms("unknown_leaf", "leaf 5 must be one that is known", "size=6");
    assertThat(once().out()).contains("ok  ", "alarms=1");
  }

  @Test
  void logOfUnknownLeaves_alarmsBoundedly() throws Exception {
    server.show(log.forked(SampleLog.ofWords(300).entries()));
    assertAlarms("more", "280 leaves or keys more");
  }

  @Test
  void allow_afterItsKeyRetired_alarmsAlsoWhereTheKeyWasSeenBefore() {
    assertThat(once().status()).isZero();
    SampleLeaves later = SampleLeaves.born(NOW).key(KeyState.RETIRING).allow(SampleLeaves.uuid());
    later.entries().subList(2, 4).forEach(log::append);
    assertAlarms("key_window", "leaf 6: one issuer key must be active");
    later.key(KeyState.ACTIVE).entries().subList(4, 5).forEach(log::append);
    assertAlarms("key_order", "leaf 7: state active must follow one before it");
  }

  @Test
  void checkpoint_ofNobodyKnown_alarms() throws Exception {
    assertThat(once().status()).isZero();
    server.show(SampleLog.of(log.entries()));
    assertAlarms("checkpoint");
    server.show(log);
    log.damage("checkpoint", bytes -> Optional.empty());
    assertAlarms("checkpoint", "the log must have a checkpoint");
  }

  @Test
  void server_thatDoesNotAnswer_isUnreachableAndNoAlarm() {
    assertThat(once().status()).isZero();
    server.answerAllWith(500);
    Invocation look = once();
    assertThat(look.status()).isEqualTo(ExitStatus.UNREACHABLE);
    assertThat(look.out()).isEmpty();
  }

  @Test
  void bundle_thatIsNoGzip_alarmsAndIsNotUnreachable() {
    server.code(zip -> new byte[] {1, 2, 3});
    assertAlarms("unproven", "tile/entries/000.p/5 must be gzip");
  }

  @Test
  void server_thatShowsACheckpointAndNoFiles_alarmsAtTheThirdLook() {
    assertThat(once().status()).isZero();
    log.append(SampleLeaves.born(NOW).deny().entries().get(2));
    server.showTiles(false);
    for (int look = 1; look < LogMonitor.UNREAD_LOOKS; look++) {
      assertThat(once().status()).isEqualTo(ExitStatus.UNREACHABLE);
    }
    assertAlarms("unread", "3 looks in a row could not read them", "size=5", "alarms=1");
    assertAlarms("unread", "4 looks in a row", "alarms=2");
    server.showTiles(true);
    assertThat(once().out()).contains("ok  ", "size=6", "alarms=2");
    server.showTiles(false);
    assertThat(once().status()).isEqualTo(ExitStatus.UNREACHABLE);
  }

  @Test
  void log_thatStandsStill_showsItsAgeAndAlarmsBeyondTheGreatest() {
    Invocation fresh = monitor(NOW, "--max-age", "1h");
    assertThat(fresh.status()).as(fresh.out()).isZero();
    assertThat(fresh.out()).contains("leaf_age_seconds=56").doesNotContain("cosignature");
    Instant later = NOW.plusSeconds(7200);
    assertThat(monitor(later).out()).contains("ok  ", "leaf_age_seconds=7256");
    Invocation stale = monitor(later, "--max-age", "1h");
    assertThat(stale.status()).isEqualTo(ExitStatus.INTEGRITY);
    assertThat(stale.out())
        .contains("alarm=stale", "the newest leaf must be within PT1H of now", "alarms=1");
    assertThat(monitor(NOW.minusSeconds(7200), "--max-age", "1h").out()).contains("alarm=stale");
    log.append(SampleLeaves.born(later).deny().entries().get(2));
    assertThat(monitor(later, "--max-age", "1h").status()).isZero();
  }

  @Test
  void state_ofALookThatWasCutOff_isWhatWasVerifiedAndNoMore() throws Exception {
    List<byte[]> entries = new ArrayList<>(SampleLeaves.born(NOW.minusSeconds(9)).entries());
    byte[] denial = SampleLeaves.born(NOW.minusSeconds(9)).deny().entries().get(2);
    while (entries.size() < 600) {
      entries.add(denial);
    }
    SampleLog longer = SampleLog.of(entries);
    longer.damage("tile/entries/001", bytes -> Optional.of(new byte[1]));
    List<MonitorState> kept = new ArrayList<>();
    LogBelief belief = LogBelief.keys(List.of(longer.vkey()));
    LogMonitor cut =
        new LogMonitor(longer, belief, Optional.empty(), Optional.empty(), 256, kept::add);
    assertThat(cut.look(NOW).alarms())
        .extracting(LogMonitor.Alarm::kind)
        .containsExactly("unproven");
    assertThat(kept.get(0).verified()).isEqualTo(256);
    assertThat(kept.get(0).checkpoint().size()).isEqualTo(600);
    kept.get(0).write(state);

    List<byte[]> other = new ArrayList<>(entries);
    other.set(400, new byte[] {1});
    LogMonitor forked =
        new LogMonitor(
            longer.forked(other),
            belief,
            MonitorState.read(state),
            Optional.empty(),
            256,
            kept::add);
    assertThat(forked.look(NOW).alarms())
        .extracting(LogMonitor.Alarm::kind)
        .containsExactly("forked");

    longer.damage("tile/entries/001", bytes -> bytes);
    longer.damage("tile/entries/000", bytes -> Optional.of(new byte[1]));
    LogMonitor next =
        new LogMonitor(longer, belief, MonitorState.read(state), Optional.empty(), 256, kept::add);
    LogMonitor.Look look = next.look(NOW);
    assertThat(look.alarms()).isEmpty();
    assertThat(look.size()).isEqualTo(600);
    assertThat(look.entriesBehind()).isEqualTo(344);
    assertThat(next.state().orElseThrow().verified()).isEqualTo(600);
    assertThat(next.state().orElseThrow().keys()).hasSize(1);
  }

  @Test
  void leafThatAlarms_beforeTheLookIsCutOff_isFoundAgain() throws Exception {
    List<byte[]> entries = new ArrayList<>(SampleLeaves.born(NOW).entries());
    while (entries.size() < 600) {
      entries.add("no leaf".getBytes(StandardCharsets.UTF_8));
    }
    SampleLog longer = SampleLog.of(entries);
    List<MonitorState> kept = new ArrayList<>();
    LogMonitor cut =
        new LogMonitor(
            longer,
            LogBelief.keys(List.of(longer.vkey())),
            Optional.empty(),
            Optional.empty(),
            256,
            kept::add);
    assertThat(cut.look(NOW).alarms()).isNotEmpty();
    assertThat(kept).singleElement().satisfies(all -> assertThat(all.verified()).isEqualTo(600));
  }

  @Test
  void state_thatSomebodyChanged_isRefused() throws Exception {
    assertThat(once().status()).isZero();
    Files.writeString(state, Files.readString(state).replace("\"v\":1", "\"v\":2"));
    Invocation look = once();
    assertThat(look.status()).isEqualTo(ExitStatus.INTEGRITY);
    assertThat(look.err()).contains("must be what a monitor wrote");
  }

  @Test
  void monitor_withoutOnce_goesOnAfterAlarmsAndOutages() throws Exception {
    StringWriter out = new StringWriter();
    CommandLine line = Main.commandLine("ledger", "monitor");
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(new StringWriter()));
    Thread monitor =
        new Thread(
            () ->
                line.execute(
                    "ledger",
                    "monitor",
                    server.url(),
                    "--log",
                    log.vkey(),
                    "--state",
                    state.toString(),
                    "--interval",
                    "1",
                    "-o",
                    "json"));
    monitor.start();
    await(out, "\"status\":\"ok\"");
    server.show(log.forked(log.entries().subList(0, 3)));
    await(out, "\"alarm\":\"shrunk\"");
    server.answerAllWith(500);
    await(out, "\"status\":\"unreachable\"");
    monitor.interrupt();
    monitor.join(Duration.ofSeconds(10).toMillis());
    assertThat(monitor.isAlive()).isFalse();
    assertThat(out.toString().lines()).allMatch(each -> each.startsWith("{\"status\":"));
  }

  private static void await(StringWriter out, String words) throws InterruptedException {
    Instant end = Instant.now().plusSeconds(20);
    while (!out.toString().contains(words)) {
      assertThat(Instant.now()).as("until %s: %s", words, out).isBefore(end);
      Thread.sleep(20);
    }
  }
}
