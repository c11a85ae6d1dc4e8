// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.artifact.LeafBody;
import dev.writ.artifact.UuidV7;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.ConsistencyProof;
import dev.writ.tlog.Hash;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.ProofOutcome.Proven;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TlogProof;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code writ ledger verify, proof, tail, export} and {@code check} over folders and a server. */
class LedgerReadersTest {
  private static final Instant TIME = Instant.parse("2026-11-21T06:00:00Z");

  @TempDir Path folder;

  private static Invocation ledger(String command, Object log, String vkey, Object... more) {
    List<Object> words = new ArrayList<>(List.of("ledger", command, log, "--log", vkey));
    words.addAll(List.of(more));
    return Invocation.of(words.toArray());
  }

  @Test
  void verify_somebodyElsesLogOverHttp_holdsAndIsAskedForAsGzip() throws Exception {
    SampleLog log = SampleLog.ofWords(700);
    try (LogServer server = new LogServer(log)) {
      Invocation verified = ledger("verify", server.url(), log.vkey());
      assertThat(verified.err()).isEmpty();
      assertThat(verified.status()).isZero();
      assertThat(verified.out())
          .contains("size      700", "verified  true", "root      " + log.root());
      assertThat(server.zipped()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tile/entries/001, 9, entry 256",
    "tile/0/000, 32, tile/0/000 row 1",
    "tile/1/000.p/2, 40, tile/1/000.p/2 row 1",
  })
  void verify_oneByteWrong_saysWhereAndExitsWith5(String path, int at, String where)
      throws Exception {
    SampleLog log = SampleLog.ofWords(700);
    log.flip(path, at);
    try (LogServer server = new LogServer(log)) {
      Invocation verified = ledger("verify", server.url(), log.vkey(), "-o", "json");
      assertThat(verified.status()).isEqualTo(ExitStatus.INTEGRITY);
      assertThat(verified.out())
          .contains("\"verified\":false", "\"faults\":1", "\"where\":\"" + where + "\"");
      assertThat(verified.err()).contains("and is not in 1 place: " + where + " must be");
    }
  }

  @Test
  void verify_withLeaves_refusesWhatIsNoLeaf() throws Exception {
    SampleLog log = SampleLog.of(SampleLeaves.used(TIME).entries()).into(folder);
    assertThat(ledger("verify", folder, log.vkey(), "--leaves").status()).isZero();
    Path other = folder.resolve("other");
    SampleLog words = SampleLog.ofWords(2).into(other);
    assertThat(ledger("verify", other, words.vkey()).status()).isZero();
    Invocation verified = ledger("verify", other, words.vkey(), "--leaves");
    assertThat(verified.status()).isEqualTo(ExitStatus.INTEGRITY);
    assertThat(verified.out()).contains("wrong  entry 0 must be a leaf of Writ's");
  }

  @Test
  void checkpoint_thatNoGivenKeySigned_isInvalid() throws Exception {
    SampleLog log = SampleLog.ofWords(3).into(folder);
    String stranger = SampleLog.empty().vkey();
    Invocation verified = ledger("verify", folder, stranger);
    assertThat(verified.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(verified.err()).contains("the checkpoint must be believed, is not");
    assertThat(ledger("verify", folder, stranger, "--log", log.vkey()).status()).isZero();
    Files.writeString(folder.resolve("checkpoint"), "no note");
    assertThat(ledger("verify", folder, log.vkey()).status()).isEqualTo(ExitStatus.DENIED);
    Files.delete(folder.resolve("checkpoint"));
    assertThat(ledger("verify", folder, log.vkey()).status()).isEqualTo(ExitStatus.CONFIGURATION);
  }

  @Test
  void commandLine_thatIsWrong_isUsage() throws Exception {
    SampleLog log = SampleLog.ofWords(3).into(folder);
    assertThat(Invocation.of("ledger", "verify", folder).status()).isEqualTo(ExitStatus.USAGE);
    assertThat(ledger("verify", folder, "no key").status()).isEqualTo(ExitStatus.USAGE);
    for (String url :
        List.of(
            "http://192.0.2.1/log",
            "ftp://127.0.0.1/log",
            "https://u@127.0.0.1/log",
            "http://127.0.0.1/log?x=1")) {
      Invocation refused = ledger("verify", url, log.vkey());
      assertThat(refused.status()).as(url).isEqualTo(ExitStatus.USAGE);
      assertThat(refused.err()).contains("the log's URL must be https://");
    }
    assertThat(ledger("verify", folder.resolve("none"), log.vkey()).status())
        .isEqualTo(ExitStatus.CONFIGURATION);
    assertThat(ledger("proof", folder, log.vkey()).status()).isEqualTo(ExitStatus.USAGE);
    assertThat(ledger("proof", folder, log.vkey(), "--jti", "x").status())
        .isEqualTo(ExitStatus.USAGE);
  }

  @Test
  void server_thatDoesNotAnswer_isUnreachable() throws Exception {
    SampleLog log = SampleLog.ofWords(3);
    String gone;
    try (LogServer server = new LogServer(log)) {
      gone = server.url();
      server.answerAllWith(503);
      Invocation refused = ledger("verify", gone, log.vkey());
      assertThat(refused.status()).isEqualTo(ExitStatus.UNREACHABLE);
      assertThat(refused.err()).contains("must be answered with 200 or 404, was with 503");
      server.answerAllWith(302);
      assertThat(ledger("verify", gone, log.vkey()).status()).isEqualTo(ExitStatus.UNREACHABLE);
    }
    assertThat(ledger("verify", gone, log.vkey()).status()).isEqualTo(ExitStatus.UNREACHABLE);
  }

  @Test
  void answer_longerThanItsFormat_isTakenNoFurther() throws Exception {
    SampleLog log = SampleLog.ofWords(3);
    log.damage("tile/entries/000.p/3", bytes -> Optional.of(new byte[17_000_000]));
    log.damage("tile/0/000.p/3", bytes -> Optional.of(new byte[4_000_000]));
    try (LogServer server = new LogServer(log)) {
      Invocation refused = ledger("verify", server.url(), log.vkey());
      assertThat(refused.status()).isEqualTo(ExitStatus.INTEGRITY);
      assertThat(refused.out()).contains("tile/entries/000.p/3", "was 8193 bytes");
    }
  }

  @Test
  void proof_byIndexHashOrJti_isATlogProofOfThatLeaf() throws Exception {
    SampleLeaves leaves = SampleLeaves.used(TIME);
    SampleLog log = SampleLog.of(leaves.entries()).into(folder);
    UuidV7 jti = ((LeafBody.DecisionAllow) leaves.leaf(2).body()).jti();
    for (List<Object> by :
        List.<List<Object>>of(
            List.of("--index", 2),
            List.of("--leaf-hash", leaves.leaf(2).hash()),
            List.of("--jti", jti))) {
      Invocation proven = ledger("proof", folder, log.vkey(), by.toArray());
      assertThat(proven.status()).as("%s %s", by, proven.err()).isZero();
      TlogProof proof = TlogProof.parse(proven.out());
      assertThat(proof.index()).isEqualTo(2);
      assertThat(proof.inclusion().verify(leaves.leaf(2).hash(), log.root()))
          .isEqualTo(new Proven());
    }
    assertThat(ledger("proof", folder, log.vkey(), "--index", 5).status())
        .isEqualTo(ExitStatus.DENIED);
    assertThat(ledger("proof", folder, log.vkey(), "--jti", SampleLeaves.uuid()).err())
        .contains("the log must have a leaf that allowed");
    assertThat(ledger("proof", folder, log.vkey(), "--leaf-hash", log.root()).status())
        .isEqualTo(ExitStatus.DENIED);
  }

  @Test
  void proof_fromAnOlderSize_isAConsistencyProof() throws Exception {
    SampleLog log = SampleLog.ofWords(700).into(folder);
    Invocation proven = ledger("proof", folder, log.vkey(), "--from", 300);
    assertThat(proven.status()).isZero();
    int empty = proven.out().indexOf("\n\n");
    List<String> lines = proven.out().substring(0, empty).lines().toList();
    assertThat(lines.get(0)).isEqualTo("old 300");
    List<Hash> path =
        lines.stream().skip(1).map(line -> Hash.of(Base64.getDecoder().decode(line))).toList();
    byte[] note = proven.out().substring(empty + 2).getBytes(StandardCharsets.UTF_8);
    Checkpoint checkpoint = Checkpoint.parse(SignedNote.parse(note).text());
    Hash older =
        MerkleTree.root(log.entries().subList(0, 300).stream().map(MerkleTree::leafHash).toList());
    assertThat(new ConsistencyProof(300, 700, path).verify(older, checkpoint.root()))
        .isEqualTo(new Proven());
    for (long size : new long[] {0, 701}) {
      assertThat(ledger("proof", folder, log.vkey(), "--from", size).status())
          .isEqualTo(ExitStatus.DENIED);
    }
  }

  @Test
  void proof_overATileThatIsWrong_isNotGiven() throws Exception {
    SampleLog log = SampleLog.ofWords(700);
    log.flip("tile/0/000", 7);
    try (LogServer server = new LogServer(log)) {
      Invocation refused = ledger("proof", server.url(), log.vkey(), "--index", 200);
      assertThat(refused.status()).isEqualTo(ExitStatus.INTEGRITY);
      assertThat(refused.err()).contains("tile/0/000 must be the tile whose root");
      assertThat(refused.out()).isEmpty();
    }
  }

  @Test
  void tail_prints_aLineToEachOfTheNewestLeaves() throws Exception {
    SampleLeaves leaves = SampleLeaves.used(TIME);
    List<byte[]> entries = new ArrayList<>(leaves.entries());
    entries.add("\u001b[31mno leaf".getBytes(StandardCharsets.UTF_8));
    SampleLog log = SampleLog.of(entries).into(folder);
    Invocation tail = ledger("tail", folder, log.vkey(), "-n", 4);
    assertThat(tail.status()).isZero();
    assertThat(tail.out().lines().toList())
        .satisfiesExactly(
            line -> assertThat(line).contains("2  2026-11-21T06:00:02Z", "decision.allow", "jti="),
            line -> assertThat(line).contains("outcome", "state=ok", "reporter=holder"),
            line -> assertThat(line).contains("decision.deny", "code=policy_denied"),
            line -> assertThat(line).contains("unknown", "hash="));
    Invocation json = ledger("tail", folder, log.vkey(), "--from", 1, "-o", "json");
    assertThat(json.out().lines()).hasSize(5).allMatch(line -> line.startsWith("{\"index\":"));
    assertThat(json.out().lines().findFirst().orElseThrow())
        .contains("\"index\":1", "\"kind\":\"policy\"", "\"epoch\":1");
  }

  @Test
  void tail_following_printsWhatComesAndEndsAtAFork() throws Exception {
    SampleLog log = SampleLog.ofWords(3);
    try (LogServer server = new LogServer(log)) {
      List<byte[]> other = new ArrayList<>(log.entries());
      other.set(1, new byte[] {1});
      other.add(new byte[] {2});
      SampleLog fork = log.forked(other);
      log.damage(
          "checkpoint",
          bytes -> {
            // The next look shows another log under the same key.
            server.show(fork);
            return bytes;
          });
      Invocation tail =
          ledger("tail", server.url(), log.vkey(), "--follow", "--interval", 1, "-o", "json");
      assertThat(tail.status()).isEqualTo(ExitStatus.INTEGRITY);
    }
  }

  @Test
  void export_fromAServer_isALogThatVerifies() throws Exception {
    SampleLog log = SampleLog.ofWords(300);
    Path copy = folder.resolve("copy");
    try (LogServer server = new LogServer(log)) {
      Invocation exported = ledger("export", server.url(), log.vkey(), copy);
      assertThat(exported.err()).isEmpty();
      assertThat(exported.out()).contains("size           300", "files_written  5");
      log.append(new byte[] {1});
      assertThat(ledger("export", server.url(), log.vkey(), copy).status()).isZero();
    }
    Invocation verified = ledger("verify", copy, log.vkey());
    assertThat(verified.out()).contains("size      301", "verified  true");
    Files.write(copy.resolve("tile/entries/000"), new byte[] {1});
    try (LogServer server = new LogServer(log)) {
      assertThat(ledger("export", server.url(), log.vkey(), copy).status())
          .isEqualTo(ExitStatus.INTEGRITY);
    }
    assertThat(ledger("verify", copy, log.vkey()).status()).isEqualTo(ExitStatus.INTEGRITY);
  }

  @Test
  void check_ofAWholeLedger_holds() throws Exception {
    SampleLog log = SampleLog.of(SampleLeaves.used(TIME).entries()).into(folder);
    Invocation checked = ledger("check", folder, log.vkey(), "-o", "json");
    assertThat(checked.err()).isEmpty();
    assertThat(checked.status()).isZero();
    assertThat(checked.out()).contains("\"to\":5", "\"holds\":true");
  }

  @Test
  void check_firstViolation_isNamedWithIndexAndRule() throws Exception {
    UuidV7 jti = SampleLeaves.uuid();
    List<byte[]> entries = SampleLeaves.born(TIME).deny().allow(jti).allow(jti).deny().entries();
    SampleLog log = SampleLog.of(entries).into(folder);
    Invocation checked = ledger("check", folder, log.vkey());
    assertThat(checked.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(checked.err()).contains("leaf 4 breaks allow_once: one leaf must allow " + jti);
    assertThat(checked.out()).contains("rule    allow_once");
    assertThat(ledger("check", folder, log.vkey(), "--to", 4).status()).isZero();
    assertThat(ledger("check", folder, log.vkey(), "--from", 5).status()).isZero();
    assertThat(ledger("check", folder, log.vkey(), "--from", 4).status())
        .isEqualTo(ExitStatus.DENIED);
    assertThat(ledger("check", folder, log.vkey(), "--to", 99).status())
        .isEqualTo(ExitStatus.DENIED);
    assertThat(ledger("check", folder, log.vkey(), "--from", 3, "--to", 2).status())
        .isEqualTo(ExitStatus.USAGE);
  }

  /** What tlog-tiles calls pruned: files of old entries and their tiles are not served any more. */
  @Test
  void log_withoutItsOldFiles_isReadFromWhereItBegins() throws Exception {
    SampleLog log = SampleLog.ofWords(1_000).into(folder);
    for (String old : List.of("000", "001")) {
      Files.delete(folder.resolve("tile/0/" + old));
      Files.delete(folder.resolve("tile/entries/" + old));
    }
    String begins = "the log serves no entry before 512";
    for (List<Object> all :
        List.<List<Object>>of(
            List.of("verify"),
            List.of("check"),
            List.of("export", folder.resolve("copy")),
            List.of("proof", "--index", 3),
            List.of("tail", "--from", 300),
            List.of("verify", "--from", 300))) {
      Invocation refused =
          ledger((String) all.get(0), folder, log.vkey(), all.subList(1, all.size()).toArray());
      assertThat(refused.status()).as("%s", all).isEqualTo(ExitStatus.INTEGRITY);
      assertThat(refused.err()).as("%s", all).contains(begins, "tile/").hasLineCount(1);
    }
    Invocation verified = ledger("verify", folder, log.vkey(), "--from", 600);
    assertThat(verified.err()).isEmpty();
    assertThat(verified.out()).contains("from      512", "verified  true");
    assertThat(ledger("tail", folder, log.vkey(), "--from", 512).out().lines()).hasSize(488);
    Invocation proven = ledger("proof", folder, log.vkey(), "--index", 512);
    assertThat(TlogProof.parse(proven.out()).index()).isEqualTo(512);
    assertThat(ledger("verify", folder, log.vkey(), "--from", 1_001).status())
        .isEqualTo(ExitStatus.USAGE);
    byte[] entries = Files.readAllBytes(folder.resolve("tile/entries/002"));
    entries[9] ^= 1;
    Files.write(folder.resolve("tile/entries/002"), entries);
    assertThat(ledger("verify", folder, log.vkey(), "--from", 512).err())
        .contains("and is not in 1 place: entry 512 must be");
  }
}
