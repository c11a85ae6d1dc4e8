// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import static dev.writ.ledger.TestLedgers.commit;
import static dev.writ.ledger.TestLedgers.receipt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.fixtures.PostgresServer;
import dev.writ.ledger.CommitOutcome.Receipt;
import dev.writ.ledger.CommitOutcome.Unavailable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a PostgreSQL server must be, and what becomes of a ledger whose server goes away. */
@Tag("shared-store")
class PostgresDatabaseTest {
  private static PostgresServer server;

  @TempDir Path folder;

  @BeforeAll
  static void start() throws Exception {
    server = PostgresServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static PostgresConfig config(String database) throws Exception {
    server.createDatabase(database);
    return StoreUnderTest.config(server, database, CommitLimits.DEFAULT);
  }

  private static Ledger open(PostgresConfig config) throws LedgerException {
    return Ledger.open(config, Samples.ORIGIN, List.of(TestLedgers.SIGNER), Samples.CLOCK);
  }

  private static void assertStops(PostgresConfig config, String... words) {
    assertThatThrownBy(() -> open(config).close())
        .isInstanceOf(LedgerException.class)
        .hasMessageContainingAll(words)
        .hasMessageNotContaining("\n");
  }

  /** While the server is away, anybody of that machine may listen at its port. */
  @Test
  void listenerThatAsksForThePasswordInTheClear_isNotToldIt() throws Exception {
    byte[] authenticationCleartextPassword = {'R', 0, 0, 0, 8, 0, 0, 0, 3};
    try (ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Integer> answer =
          CompletableFuture.supplyAsync(
              () -> {
                try (Socket client = listener.accept()) {
                  InputStream in = client.getInputStream();
                  byte[] startup = in.readNBytes(ByteBuffer.wrap(in.readNBytes(4)).getInt() - 4);
                  assertThat(startup).isNotEmpty();
                  client.getOutputStream().write(authenticationCleartextPassword);
                  return in.read();
                } catch (IOException e) {
                  return -1;
                }
              });
      PostgresConfig real = StoreUnderTest.config(server, "any", CommitLimits.DEFAULT);
      PostgresConfig config =
          new PostgresConfig(
              real.host(),
              listener.getLocalPort(),
              real.database(),
              real.user(),
              real.passwordFile(),
              real.authorities(),
              real.anchor(),
              real.limits());
      assertStops(config, "requireAuth");
      assertThat(answer.get()).as("a message, the password's has type p").isNotEqualTo('p');
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"fsync", "full_page_writes"})
  void serverThatDoesNotKeepWhatItCommits_isRefused(String setting) throws Exception {
    PostgresConfig config = config("keeps_not_" + setting);
    set("ALTER SYSTEM SET " + setting + " = off");
    try {
      assertStops(
          config, "the server must be one with " + setting + " on, was " + setting + " off");
    } finally {
      set("ALTER SYSTEM RESET " + setting);
    }
    open(config).close();
  }

  @Test
  void standby_isRefused() throws Exception {
    PostgresConfig config = config("standby");
    open(config).close();
    server.stop();
    server.startAgainAsStandby();
    try {
      assertStops(config, "the server must be the primary, was a standby");
    } finally {
      server.stop();
      server.startAgain();
    }
    open(config).close();
  }

  private static void set(String sql) throws Exception {
    try (Connection connection =
            new PostgresSource(StoreUnderTest.config(server, "postgres", CommitLimits.DEFAULT))
                .getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
      statement.execute("SELECT pg_reload_conf()");
      Thread.sleep(300);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"off", "local", "remote_write"})
  void commitThatWouldNotWait_isMadeToWait(String weaker) throws Exception {
    PostgresConfig config = config("waits_" + weaker);
    set("ALTER DATABASE waits_" + weaker + " SET synchronous_commit = " + weaker);
    assertThat(synchronousCommit(config)).isEqualTo("on");
  }

  @Test
  void commitThatWaitsForMore_isLeftToDoSo() throws Exception {
    PostgresConfig config = config("waits_more");
    set("ALTER DATABASE waits_more SET synchronous_commit = remote_apply");
    assertThat(synchronousCommit(config)).isEqualTo("remote_apply");
  }

  private static String synchronousCommit(PostgresConfig config) throws Exception {
    try (Database database = Database.open(config);
        Connection writer = database.connectWriter();
        Statement statement = writer.createStatement();
        ResultSet row = statement.executeQuery("SHOW synchronous_commit")) {
      assertThat(row.next()).isTrue();
      return row.getString(1);
    }
  }

  @Test
  void passwordThatIsWrong_isRefusedAndNotSaid() throws Exception {
    Path wrong = folder.resolve("wrong");
    Files.createFile(
        wrong, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(wrong, "opensesame\n");
    PostgresConfig config = withPassword(config("wrong_password"), Optional.of(wrong));
    assertStops(config, "wrong_password at 127.0.0.1", "authentication failed");
    assertThatThrownBy(() -> open(config)).hasMessageNotContaining("opensesame");
    assertThat(config.toString()).doesNotContain("opensesame");
  }

  @Test
  void passwordFileThatOthersCanRead_isRefused() throws Exception {
    Path open = folder.resolve("open");
    Files.copy(server.passwordFile(), open);
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
    PostgresConfig config = withPassword(config("open_password"), Optional.of(open));
    assertStops(config, "must be readable by its owner alone (0600), was rw-r--r--");
    assertStops(
        withPassword(config, Optional.of(folder.resolve("none"))),
        "password file",
        "must be readable");
  }

  private static PostgresConfig withPassword(PostgresConfig config, Optional<Path> file) {
    return new PostgresConfig(
        config.host(),
        config.port(),
        config.database(),
        config.user(),
        file,
        config.authorities(),
        config.anchor(),
        config.limits());
  }

  @Test
  void serverElsewhere_isRefusedWithoutTls() {
    PostgresConfig elsewhere =
        new PostgresConfig(
            "192.0.2.1",
            5432,
            "writ",
            "writ",
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            CommitLimits.DEFAULT);
    assertStops(elsewhere, "must be reached over TLS, or at a loopback address");
  }

  @Test
  void serverWithoutTls_isRefusedWhereTlsIsDemanded() throws Exception {
    PostgresConfig plain = config("no_tls");
    PostgresConfig demanding =
        new PostgresConfig(
            plain.host(),
            plain.port(),
            plain.database(),
            plain.user(),
            plain.passwordFile(),
            Optional.of(Files.createFile(folder.resolve("ca.pem"))),
            plain.anchor(),
            plain.limits());
    assertStops(demanding, "SSL");
  }

  @Test
  void databaseOfSomethingElse_isRefused() throws Exception {
    PostgresConfig config = config("another");
    try (Connection connection = new PostgresSource(config).getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE theirs (id int)");
    }
    assertStops(config, "the store must be empty or a ledger");
  }

  @Test
  void databaseThatIsNot_isRefused() {
    assertStops(
        StoreUnderTest.config(server, "nowhere", CommitLimits.DEFAULT),
        "\"nowhere\" does not exist");
  }

  /** What was acknowledged is there, what was not says so, and the ledger goes on by itself. */
  @Test
  void serverThatIsKilled_failsWhatWaitsAndIsFoundAgain() throws Exception {
    PostgresConfig config = config("killed");
    try (Ledger ledger = open(config)) {
      Receipt before = receipt(commit(ledger, Samples.entry()));
      server.kill();
      assertThat(commit(ledger, Samples.entry()))
          .isInstanceOfSatisfying(
              Unavailable.class,
              // The connection is gone, or its process says that the server is.
              it -> assertThat(it.code()).matches("SQLState (08...|57P01)"));
      server.startAgain();
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      CommitOutcome outcome = commit(ledger, Samples.entry());
      while (!(outcome instanceof Receipt)) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        outcome = commit(ledger, Samples.entry());
      }
      assertThat(receipt(outcome).index()).isEqualTo(before.index() + 1);
      assertThat(ledger.leaf(before.index())).contains(before.leaf());
    }
  }

  @Test
  void sessionThatAnAdministratorEnds_isOpenedAnew() throws Exception {
    PostgresConfig config = config("ended");
    try (Ledger ledger = open(config)) {
      receipt(commit(ledger, Samples.entry()));
      set("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'ended'");
      CommitOutcome outcome = commit(ledger, Samples.entry());
      if (!(outcome instanceof Receipt)) {
        outcome = commit(ledger, Samples.entry());
      }
      receipt(outcome);
      assertThat(ledger.leaf(0)).isPresent();
    }
  }
}
