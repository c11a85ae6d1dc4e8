// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.OperationDocuments;
import dev.writ.artifact.Operation;
import dev.writ.artifact.OperationReview;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.TrustSuccession;
import dev.writ.tlog.Hash;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What an operator signs with, and by which trust file he judges what he is to sign. The service that
 * shows an operation is believed in nothing: not in which operation it is, nor in what the trust file
 * beside it changes, nor in which trust file is in force.
 */
final class SigningOptions extends OperatorOptions {
  @Option(
      names = "--operator-key",
      paramLabel = "KEY",
      description = {
        "The operator's P-256 key: a file with PKCS#8 in PEM, readable by its owner alone; or in a token,",
        "pkcs11:token=LABEL;object=LABEL?module-path=/FILE&pin-source=file:/FILE (RFC 7512)."
      })
  @Nullable String operatorKey;

  @Option(
      names = "--trust",
      paramLabel = "FILE",
      defaultValue = "${env:WRIT_TRUST}",
      description = {
        "The trust file that the operator believes: what he signs must follow it, or one that follows it",
        "(or WRIT_TRUST)."
      })
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
  @Nullable Path folder;

  @Option(
      names = "--service",
      paramLabel = "URL",
      defaultValue = "${env:WRIT_SERVICE}",
      description = {
        "Where the service publishes its trust files: https://HOST[:PORT], or http:// and a loopback",
        "address (or WRIT_SERVICE). Without it the operators' door is asked."
      })
  @Nullable URI service;

  @Mixin Confirmation confirmation = new Confirmation();

  /** The newest trust file that follows the operator's own. */
  TrustFile newestTrust(Consumer<String> warn) throws CommandFailure {
    if (trust == null) {
      throw CommandFailure.usage(
          "--trust must be given: what the service shows is judged by the trust file that you believe");
    }
    FollowedTrust followed = FollowedTrust.from(TrustOptions.read(trust, pin), folder, warn);
    TrustSuccession.Published published =
        service == null ? ask(client -> client.trustFiles()) : ServiceOptions.publishedAt(service);
    var unused = followed.follow(published);
    return followed.newest();
  }

  /** What is signed with; the caller closes it. */
  OperatorKey key() throws CommandFailure {
    if (operatorKey == null) {
      throw CommandFailure.usage("--operator-key must be given where something is signed");
    }
    return OperatorKey.named(operatorKey);
  }

  /** Refuses an operation under another's name. */
  static void requireNamed(OperationDocuments shown, Hash named) throws CommandFailure {
    if (!shown.operation().digest().equals(named)) {
      throw CommandFailure.integrity(
          "the service must show operation "
              + named.hex()
              + " under its name, and shows "
              + shown.operation().digest().hex()
              + ": sign nothing that comes from it");
    }
  }

  /**
   * Refuses what must not be signed, and shows the rest in words.
   *
   * @param named the operation's name, as the operator or the service gives it
   * @param out where the words go
   */
  static void review(
      OperationDocuments shown, Hash named, TrustFile believed, Instant now, PrintWriter out)
      throws CommandFailure {
    requireNamed(shown, named);
    Operation operation = shown.operation();
    if (!operation.isOpen(now)) {
      throw CommandFailure.invalid(
          "the operation must be open for approval, and ended " + operation.expires());
    }
    if (operation.trustVersion() != believed.content().version()) {
      throw CommandFailure.invalid(
          "the operation must be of the newest trust file, version "
              + believed.content().version()
              + ", and is of version "
              + operation.trustVersion()
              + (operation.trustVersion() > believed.content().version()
                  ? ": the trust files between them must be published where --service, --socket or"
                      + " --operator says"
                  : ": propose it anew"));
    }
    Optional<TrustContent> content = shown.trust().map(TrustFile::content);
    OperationReview.Outcome outcome = OperationReview.of(operation, content, believed, now);
    if (outcome instanceof OperationReview.Outcome.Refused refused) {
      throw CommandFailure.integrity(
          "what the service shows must be one thing, and is not: "
              + refused.reason()
              + "; where --trust is this service's own, sign nothing of it");
    }
    out.print(
        OperationWords.of(
            operation, ((OperationReview.Outcome.Sound) outcome).differences(), believed));
    out.flush();
  }

  /** Lets a person say yes, who has read what stands before. */
  void confirm() throws CommandFailure {
    confirmation.ask();
  }
}
