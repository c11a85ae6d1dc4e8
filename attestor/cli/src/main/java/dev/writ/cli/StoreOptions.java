// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.TrustFile;
import dev.writ.evidence.EndorsementTrust;
import dev.writ.ledger.KeptPayload;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.StoredLedger;
import dev.writ.service.Replay;
import dev.writ.service.ServiceIdentity;
import dev.writ.service.ServiceStartException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import picocli.CommandLine.Option;

/** Whose store is read, beside the service or without it. */
final class StoreOptions {
  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = {
        "The service's configuration: its store, trust file, tenant and TPM makers are those meant.",
        "Nothing is written, and the service may run."
      })
  Path config = Path.of("");

  /** Opens the store, and what is needed to decide once more. */
  Opened open() throws CommandFailure {
    ServeConfig read = ServeConfig.read(config, Map.of());
    TrustFile trust = ServeSetup.trust(read.trust());
    ServeConfig.Endorsements files = read.endorsements();
    EndorsementTrust makers =
        EndorsementFiles.trust(
            "endorsements.", files.roots(), files.intermediates(), files.revocationLists());
    ServiceIdentity identity =
        new ServiceIdentity(trust.content().issuer(), read.tenant(), trust.logOrigin());
    StoredLedger ledger;
    try {
      ledger = StoredLedger.open(read.ledger(), Clock.systemUTC());
    } catch (LedgerException e) {
      throw failure(e);
    }
    try {
      if (!ledger.origin().equals(identity.origin())) {
        throw CommandFailure.configuration(
            "the store must be of the trust file's log "
                + identity.origin()
                + ", is of "
                + ledger.origin());
      }
      return new Opened(
          ledger,
          new Replay(ledger, identity, trust, makers, BulkVerification.provider()),
          identity,
          trust,
          makers);
    } catch (LedgerException e) {
      ledger.close();
      throw failure(e);
    } catch (ServiceStartException e) {
      ledger.close();
      throw CommandFailure.configuration(e);
    } catch (CommandFailure | RuntimeException e) {
      ledger.close();
      throw e;
    }
  }

  /** What a store that cannot be read ends a command with. */
  static CommandFailure failure(LedgerException e) {
    if (e.isDamage()
        || e.code().equals(StoredLedger.CONTRADICTS)
        || e.code().equals(KeptPayload.CONTRADICTS)) {
      return CommandFailure.integrity("the store cannot be read whole: " + e.getMessage());
    }
    return e.isUnreachable()
        ? CommandFailure.unreachable("the store", e)
        : CommandFailure.configuration(e);
  }

  /**
   * An open store.
   *
   * @param replay decides its decisions once more
   * @param trust the configured one
   */
  record Opened(
      StoredLedger ledger,
      Replay replay,
      ServiceIdentity identity,
      TrustFile trust,
      EndorsementTrust makers)
      implements AutoCloseable {
    @Override
    public void close() {
      ledger.close();
    }
  }
}
