// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.OperatorClient;
import dev.writ.agent.StateFolder;
import dev.writ.agent.Timeouts;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The service in use, and the host that is enrolled there, on which a drill is made. */
final class DrillSiteOptions {
  private static final String LOCK = "drill.lock";

  @Option(
      names = "--service",
      paramLabel = "URL",
      defaultValue = "${env:WRIT_SERVICE}",
      description =
          "The service: https://HOST[:PORT], or http:// and a loopback address (or WRIT_SERVICE).")
  @Nullable URI service;

  @Option(
      names = "--trust",
      paramLabel = "FILE",
      defaultValue = "${env:WRIT_TRUST}",
      description = "The trust file: all that is believed (or WRIT_TRUST).")
  @Nullable Path trust;

  @Option(
      names = "--trust-sha256",
      paramLabel = "HEX",
      defaultValue = "${env:WRIT_TRUST_SHA256}",
      description = "The trust file's SHA-256, as it was given out of band (or WRIT_TRUST_SHA256).")
  @Nullable String pin;

  @Option(
      names = "--trust-folder",
      paramLabel = "DIR",
      defaultValue = "${env:WRIT_TRUST_FOLDER}",
      description = "Where later trust files that follow it are kept (or WRIT_TRUST_FOLDER).")
  @Nullable Path trustFolder;

  @Option(
      names = "--state",
      paramLabel = "DIR",
      defaultValue = "${env:WRIT_STATE}",
      description =
          "Where the enrolled host's instance key is kept (or WRIT_STATE); left as it is.")
  @Nullable Path state;

  @Option(
      names = "--tpm",
      paramLabel = "TCTI",
      defaultValue = "${env:WRIT_TPM:-device:/dev/tpmrm0}",
      description = "How the TPM is reached (or WRIT_TPM; default: device:/dev/tpmrm0).")
  String tpm = "device:/dev/tpmrm0";

  @Option(
      names = "--boot-log",
      paramLabel = "FILE",
      defaultValue = "${env:WRIT_BOOT_LOG}",
      description = "The TPM's boot event log, as for attest (or WRIT_BOOT_LOG).")
  @Nullable Path bootLog;

  @Option(
      names = "--ima-list",
      paramLabel = "FILE",
      defaultValue = "${env:WRIT_IMA_LIST}",
      description = "The kernel's measurement list, as for attest (or WRIT_IMA_LIST).")
  @Nullable Path imaList;

  @Option(
      names = "--tenant",
      paramLabel = "NAME",
      defaultValue = "${env:WRIT_TENANT}",
      description = "On whose behalf programs run (or WRIT_TENANT).")
  @Nullable String tenant;

  @Option(
      names = "--workload",
      paramLabel = "SPIFFE-ID",
      defaultValue = "${env:WRIT_WORKLOAD}",
      description = {
        "In whose name (or WRIT_WORKLOAD). The policy must let it run touch(1) on this host, once for",
        "each artifact."
      })
  @Nullable String workload;

  /** Revokes artifacts that the drill was given, and takes its report. */
  @ArgGroup @Nullable DoorOptions door;

  @Option(
      names = "--operator-key",
      paramLabel = "KEY",
      description = "What the report is signed with, as for approve; needs --socket or --operator.")
  @Nullable String operatorKey;

  /** The operators' way, if there is one. */
  Optional<OperatorClient> operator() throws CommandFailure {
    return door == null ? Optional.empty() : Optional.of(door.client());
  }

  /** The trust file by which a report is judged. */
  FollowedTrust believed() throws CommandFailure {
    return FollowedTrust.from(
        TrustOptions.read(given(trust, "--trust"), pin),
        trustFolder,
        sentence -> System.err.println("writ: " + sentence));
  }

  /**
   * The site.
   *
   * @param folder for the drill's files
   */
  DrillSite site(Path folder) throws CommandFailure {
    if (operatorKey != null && door == null) {
      throw CommandFailure.usage(
          "--operator-key needs --socket or --operator, where the report is handed in");
    }
    URI url = given(service, "--service");
    FollowedTrust believed = believed();
    HttpServiceEndpoint endpoint = ServiceOptions.at(url, believed, Timeouts.STANDARD);
    return new DrillSite(
        folder,
        url,
        endpoint,
        believed.newest(),
        trustOptions(),
        given(tenant, "--tenant"),
        given(workload, "--workload"),
        new DrillHost(host(), folder),
        new HeldCommands(folder),
        operator(),
        Clock.systemUTC(),
        new SecureRandom());
  }

  private List<String> trustOptions() throws CommandFailure {
    List<String> options = new ArrayList<>(List.of("--trust", given(trust, "--trust").toString()));
    if (pin != null) {
      options.addAll(List.of("--trust-sha256", pin));
    }
    if (trustFolder != null) {
      options.addAll(List.of("--trust-folder", trustFolder.toString()));
    }
    return options;
  }

  private HostOptions host() throws CommandFailure {
    HostOptions host = new HostOptions();
    host.state = given(state, "--state");
    host.tpm = tpm;
    host.bootLog = bootLog;
    host.imaList = imaList;
    if (!Files.isRegularFile(new StateFolder(host.state).instanceKey())) {
      throw CommandFailure.configuration(
          "--state must be the folder of a host that is enrolled and has attested, and "
              + host.state
              + " has no instance key");
    }
    return host;
  }

  private static <T> T given(@Nullable T value, String option) throws CommandFailure {
    if (value == null) {
      throw CommandFailure.usage(option + " must be given, and is not");
    }
    return value;
  }

  /** One drill of a host at a time; the lock ends with the channel, and that however this process ends. */
  FileChannel lock() throws CommandFailure {
    Path file = given(state, "--state").resolve(LOCK);
    try {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (!isFirst(channel)) {
        channel.close();
        throw CommandFailure.configuration(
            "another drill of this host must have ended: it holds " + file);
      }
      return channel;
    } catch (IOException e) {
      throw CommandFailure.configuration("--state must be a folder that can be written", e);
    }
  }

  private static boolean isFirst(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      // Held by this very process.
      return false;
    }
  }
}
