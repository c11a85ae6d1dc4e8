// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.agent.Answer;
import dev.writ.agent.LeafPayload;
import dev.writ.artifact.LeafKind;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.tlog.Hash;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** {@code writ ledger payload} and {@code erase} at a real service, whose leaves are its first. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class LedgerPayloadCommandTest {
  @TempDir private static Path folder;
  private static DemoService.Born born;
  private static DemoService service;

  /** The leaves of two invitations, and of the policy. */
  private static long first;

  private static long second;
  private static long policy = -1;

  @BeforeAll
  static void start() throws Exception {
    EndorsementAuthority maker = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    born = DemoService.birth(folder.resolve("service"));
    service = DemoService.start(born, DemoService.configure(born, maker, Map.of(), folder));
    for (String host : List.of("host-a", "host-b")) {
      var unused = CommandFailure.granted(service.operator().invite(host, Duration.ofHours(1)));
    }
    for (long index = 0; second == 0; index++) {
      if (service.operator().payload(Long.toString(index))
          instanceof Answer.Granted<LeafPayload> found) {
        if (found.value().leaf().kind() == LeafKind.POLICY) {
          policy = index;
        } else if (first == 0) {
          first = index;
        } else {
          second = index;
        }
      }
    }
  }

  @AfterAll
  static void stop() {
    service.close();
  }

  private static Invocation ledger(String command, Path socket, Object... more) {
    List<Object> words = new ArrayList<>(List.of("ledger", command, "--socket", socket));
    words.addAll(List.of(more));
    return Invocation.of(words.toArray());
  }

  private static Invocation ledger(String command, Object... more) {
    return ledger(command, service.socket(), more);
  }

  @Test
  @Order(1)
  void payload_isPrintedAndWritten_asItsLeafNamesIt() throws Exception {
    Path file = folder.resolve("opened.json");

    Invocation printed = ledger("payload", first);
    Invocation written =
        ledger("payload", first, "--out", file, "--trust", service.trustFile(), "-o", "json");

    assertThat(printed.status()).as(printed.err()).isEqualTo(ExitStatus.DONE);
    assertThat(printed.err()).isEmpty();
    assertThat(printed.out()).contains("\"host\":\"host-a\"", "\"salt\":");
    assertThat(written.status()).as(written.err()).isEqualTo(ExitStatus.DONE);
    byte[] bytes = Files.readAllBytes(file);
    assertThat(printed.out().strip()).isEqualTo(Files.readString(file));
    assertThat(written.out())
        .contains(
            "\"kind\":\"approval\"",
            "\"kept\":\"period\"",
            "\"named\":true",
            "\"ledger\":\"holds the leaf\"",
            Hash.sha256(bytes).hex())
        .doesNotContain("host-a");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    Invocation found =
        Invocation.of(
            "lineage",
            "search",
            service.url().resolve("/ledger"),
            "--host",
            "host-a",
            "--open",
            file,
            "--trust",
            service.trustFile());
    assertThat(found.status()).as(found.err()).isEqualTo(ExitStatus.DONE);
    assertThat(found.out())
        .contains("leaf " + first + "\n", "leaf " + second + "  undecided", "1 match, 1 undecided");
  }

  @Test
  @Order(2)
  void payload_byTheLeafsId_isTheSame() throws Exception {
    String id =
        CommandFailure.granted(service.operator().payload(Long.toString(first)))
            .leaf()
            .id()
            .toString();
    Invocation byId = ledger("payload", id.toUpperCase(Locale.ROOT));
    assertThat(byId.status()).as(byId.err()).isEqualTo(ExitStatus.DONE);
    assertThat(byId.out()).contains("host-a");
    assertThat(ledger("payload", "x").status()).isEqualTo(ExitStatus.USAGE);
    assertThat(ledger("payload", 999).status()).isEqualTo(ExitStatus.DENIED);
    Invocation none = ledger("payload", 0);
    assertThat(none.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(none.err()).contains("payload_absent");
  }

  /** By a service that shows something else than the leaf names. */
  @Test
  @Order(3)
  void payload_thatTheServiceDidNotCompare_isIntegrityViolated() throws Exception {
    LeafPayload shown = CommandFailure.granted(service.operator().payload(Long.toString(first)));
    byte[] changed = shown.payload().bytes();
    changed[9] ^= 1;
    for (String[] lie :
        List.of(
            new String[] {Long.toString(first), base64Url(changed), "must have the SHA-256"},
            new String[] {
              Long.toString(second), base64Url(shown.payload().bytes()), "answers of another"
            })) {
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("leaf_index", first);
      answer.put("leaf", base64Url(shown.leaf().bytes()));
      answer.put("payload", lie[1]);
      answer.put("kept", "period");
      Path socket = folder.resolve("lying.sock");
      Files.deleteIfExists(socket);
      try (AnsweringSocket lying = AnsweringSocket.at(socket, 200, Printer.json(answer))) {
        Invocation got = ledger("payload", socket, lie[0]);
        assertThat(got.status()).isEqualTo(ExitStatus.INTEGRITY);
        assertThat(got.err()).contains(lie[2]).hasLineCount(1);
        assertThat(got.out()).isEmpty();
        assertThat(lying.requests()).hasSize(1);
      }
    }
  }

  private static String base64Url(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  @Test
  @Order(4)
  void payload_changedInTheStore_isIntegrityViolated() throws Exception {
    try (Connection store =
            DriverManager.getConnection(
                "jdbc:sqlite:" + born.folder().resolve("ledger/ledger.db"));
        PreparedStatement change =
            store.prepareStatement(
                "UPDATE payload SET bytes = CAST(replace(CAST(bytes AS TEXT), 'host-b', 'host-c')"
                    + " AS BLOB) WHERE leaf_index = ?")) {
      change.setLong(1, second);
      assertThat(change.executeUpdate()).isEqualTo(1);
    }
    Invocation got = ledger("payload", second);
    assertThat(got.status()).isEqualTo(ExitStatus.INTEGRITY);
    assertThat(got.err()).contains("payload_contradicts");
    assertThat(got.out()).isEmpty();
  }

  @Test
  @Order(5)
  void erase_ofSeveral_triesEach_andLeavesAWholeStore() throws Exception {
    Invocation erased = ledger("erase", first, policy, 0, second, "-o", "json");

    assertThat(erased.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(erased.out().lines())
        .hasSize(2)
        .allMatch(line -> line.contains("\"kind\":\"approval\""))
        .anyMatch(line -> line.contains("\"erased\":" + first + ","))
        .anyMatch(line -> line.contains("\"erased\":" + second + ","));
    assertThat(erased.err())
        .contains("not erased: " + policy, "payload_must_stay", "payload_absent")
        .hasLineCount(1);
    assertThat(ledger("payload", policy).status()).isEqualTo(ExitStatus.DONE);
    Invocation gone = ledger("payload", first);
    assertThat(gone.status()).isEqualTo(ExitStatus.DENIED);
    assertThat(gone.err()).contains("payload_erased");
    assertThat(ledger("erase", first).status()).isEqualTo(ExitStatus.DENIED);

    service.close();
    Invocation checked = Invocation.of("ledger", "fsck", born.folder().resolve("ledger"));
    assertThat(checked.status()).as(checked.err() + checked.out()).isEqualTo(ExitStatus.DONE);
    assertThat(checked.out()).containsPattern("payloads_erased +2").contains("whole");
  }
}
