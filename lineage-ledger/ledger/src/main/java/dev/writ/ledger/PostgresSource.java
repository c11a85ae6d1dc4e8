// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.postgresql.ds.PGSimpleDataSource;

/** Connections by a password that is read anew for each, so that a changed one needs no restart. */
final class PostgresSource extends PGSimpleDataSource {
  private static final int CONNECT_SECONDS = 5;

  /** After a silence as long, the connection is lost: no statement of ours may take as long. */
  static final int SILENCE_SECONDS = 15;

  private final transient Optional<Path> passwordFile;

  PostgresSource(PostgresConfig config) {
    passwordFile = config.passwordFile();
    setServerNames(new String[] {config.host()});
    setPortNumbers(new int[] {config.port()});
    setDatabaseName(config.database());
    setUser(config.user());
    if (config.authorities().isPresent()) {
      setSslMode("verify-full");
      setSslRootCert(config.authorities().get().toString());
    } else {
      setSslMode("disable");
      // Whoever listens there while the server is away must not be told the password.
      passwordFile.ifPresent(file -> setRequireAuth("scram-sha-256"));
    }
    setApplicationName("writ");
    setConnectTimeout(CONNECT_SECONDS);
    setSocketTimeout(SILENCE_SECONDS);
    setTcpKeepAlive(true);
    setReWriteBatchedInserts(true);
  }

  @Override
  public Connection getConnection() throws SQLException {
    return passwordFile.isPresent()
        ? getConnection(getUser(), PasswordFile.read(passwordFile.get()))
        : super.getConnection();
  }
}
