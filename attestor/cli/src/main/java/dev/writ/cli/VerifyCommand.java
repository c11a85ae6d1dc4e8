// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.ExecGateway;
import dev.writ.artifact.Act;
import dev.writ.artifact.ActionAtHand;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.AttestationResultVerdict;
import dev.writ.artifact.AttestationResultVerifier;
import dev.writ.artifact.BundleVerifier;
import dev.writ.artifact.DenialCode;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.MalformedArtifactException;
import dev.writ.artifact.MalformedBundleException;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.Presentation;
import dev.writ.artifact.Seen;
import dev.writ.artifact.StatusToken;
import dev.writ.artifact.StatusVerdict;
import dev.writ.artifact.TrustFile;
import dev.writ.artifact.Verdict;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code writ verify}: a proof bundle or an Attestation Result, check by check, with no network. */
@Command(
    name = "verify",
    description = {
      "Verifies a proof bundle offline and says of each check what had to hold and what was.",
      "What is not asked for is listed as such, never as passed. No use is recorded.",
      "Where the trust file has status, the bundle's own token is judged: nothing is fetched.",
      "With --ear it verifies an Attestation Result, which permits nothing, and says what it says; with",
      "--pack an evidence pack."
    },
    mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      paramLabel = "BUNDLE",
      description = {
        "The proof bundle; a missing file is no artifact. With --ear, the result; with --pack, the pack."
      })
  Path bundle = Path.of("");

  @Option(
      names = "--ear",
      description = "BUNDLE is an Attestation Result instead: an EAR as a JWT (writ attest --ear).")
  boolean ear;

  @Option(
      names = "--pack",
      description = {
        "BUNDLE is an evidence pack instead, as writ pack writes it: all of it is verified, decisions are",
        "decided once more, and the report is made again. No clock is read."
      })
  boolean pack;

  @Option(
      names = "--bundle",
      paramLabel = "FILE",
      description = {
        "With --ear: the proof bundle whose artifact the result must be of. The bundle itself is verified",
        "without --ear."
      })
  @Nullable Path ofBundle;

  @Mixin TrustOptions trust = new TrustOptions();

  @Option(
      names = "--at",
      paramLabel = "TIME",
      description = "Judge as of this time, such as 2026-11-21T12:00:00Z (default: now).")
  @Nullable Instant at;

  @Option(
      names = "--audience",
      paramLabel = "NAME",
      description = "The gateway for which the artifact must be meant.")
  @Nullable String audience;

  @Option(names = "--tenant", paramLabel = "NAME", description = "The tenant it must be of.")
  @Nullable String tenant;

  @Option(
      names = "--request",
      paramLabel = "FILE",
      description = {
        "What is about to happen, as writ attest takes it or prints it with --print-request: audience,",
        "tenant, action, resource and arguments must be those of the artifact."
      })
  @Nullable Path request;

  @Option(
      names = "--status",
      paramLabel = "FILE",
      description = {
        "A status token to judge by beside the bundle's, such as the list's URI gives: the newest of",
        "the two says what is withdrawn. Nothing is fetched."
      })
  @Nullable Path status;

  @Option(
      names = "--service",
      paramLabel = "URL",
      description = {
        "Also follows the trust files that the service at URL publishes. Nothing else is fetched there, and",
        "without it nothing is."
      })
  @Nullable URI service;

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    Instant now = at == null ? Instant.now() : at;
    if (pack) {
      return evidencePack();
    }
    if (ear) {
      return attestationResult(now);
    }
    if (ofBundle != null) {
      throw CommandFailure.usage("--bundle says of what a result must be, and is for --ear");
    }
    TrustFile believed = believed();
    Verdict verdict = judge(BundleVerifier.of(believed), presentation(believed), now);
    PrintWriter out = spec.commandLine().getOut();
    if (output == OutputFormat.json) {
      out.println(Printer.json(asDocument(verdict)));
    } else {
      verdict.checks().forEach(check -> out.println(CheckLine.of(check)));
      out.println(summary(verdict));
    }
    out.flush();
    return verdict instanceof Verdict.Allowed ? ExitStatus.DONE : ExitStatus.DENIED;
  }

  private int evidencePack() throws CommandFailure {
    if (ear
        || at != null
        || audience != null
        || tenant != null
        || request != null
        || status != null
        || service != null
        || ofBundle != null) {
      throw CommandFailure.usage(
          "an evidence pack is verified by what is in it and a trust file: --pack goes with --trust,"
              + " --trust-sha256 and --output alone");
    }
    List<PackCheck> checks;
    try {
      checks = PackVerifier.verify(bundle, TrustOptions.read(trust.trust, trust.pin));
    } catch (IOException e) {
      throw CommandFailure.configuration("the pack " + bundle, e);
    }
    boolean holds = PackVerifier.holds(checks);
    boolean isWhole = PackVerifier.isWhole(checks);
    PrintWriter out = spec.commandLine().getOut();
    if (output == OutputFormat.json) {
      Map<String, Object> document = new LinkedHashMap<>();
      document.put("holds", holds);
      document.put("whole", isWhole);
      document.put("checks", checks.stream().map(PackCheck::row).toList());
      out.println(Printer.json(document));
    } else {
      Lines lines = new Lines();
      checks.forEach(check -> lines.line(check.line()));
      lines.line(
          !holds
              ? "the pack must not be relied on"
              : "the pack holds, as far as each line says"
                  + (isWhole ? "" : ", and lacks what is missing by them"));
      out.print(lines);
    }
    out.flush();
    return holds && isWhole ? ExitStatus.DONE : ExitStatus.DENIED;
  }

  private TrustFile believed() throws CommandFailure {
    FollowedTrust followed = trust.followed(this::warn);
    if (service != null) {
      boolean unused = followed.follow(ServiceOptions.publishedAt(service));
    }
    return followed.newest();
  }

  private void warn(String sentence) {
    spec.commandLine().getErr().println("writ: " + sentence);
  }

  private int attestationResult(Instant now) throws CommandFailure {
    if (audience != null || tenant != null || request != null || status != null) {
      throw CommandFailure.usage(
          "an attestation result is for nobody and permits nothing: --audience, --tenant, --request"
              + " and --status are not for --ear");
    }
    AttestationResultVerdict verdict =
        AttestationResultVerifier.of(believed()).verify(AttestationResultFile.read(bundle), now);
    if (ofBundle != null && verdict instanceof AttestationResultVerdict.Accepted accepted) {
      verdict = ofArtifact(accepted, readArtifact(ofBundle));
    }
    new AttestationResultReport(verdict).print(spec.commandLine().getOut(), output);
    return verdict instanceof AttestationResultVerdict.Accepted
        ? ExitStatus.DONE
        : ExitStatus.DENIED;
  }

  private static Artifact readArtifact(Path file) throws CommandFailure {
    try {
      return AttestationResultFile.artifactOf(BundleFile.read(file));
    } catch (MalformedBundleException | MalformedArtifactException e) {
      throw CommandFailure.configuration("the bundle " + file, e);
    }
  }

  private static AttestationResultVerdict ofArtifact(
      AttestationResultVerdict.Accepted accepted, Artifact artifact) {
    Optional<String> another =
        AttestationResultFile.ofAnother(accepted.result().claims(), artifact);
    return another.isPresent()
        ? new AttestationResultVerdict.Refused(
            DenialCode.SCOPE_EXCEEDED, "the " + another.get(), accepted.checks())
        : accepted;
  }

  private Verdict judge(BundleVerifier verifier, Presentation presentation, Instant now)
      throws CommandFailure {
    byte[] bytes = BundleFile.read(bundle);
    FileKind kind = FileKind.of(bytes);
    if (kind == FileKind.ZIP) {
      warn(bundle + " is " + kind.words());
    }
    if (status == null) {
      return verifier.verify(bytes, presentation, Seen.NOTHING_IS_USED, now);
    }
    TokensOnly seen = new TokensOnly();
    return verifier.learn(readStatus(status), seen, now) instanceof StatusVerdict.Refused refused
        ? new Verdict.Denied(
            refused.code(), "the status token " + status + ": " + refused.reason(), List.of())
        : verifier.verify(bytes, presentation, seen, now);
  }

  private static String readStatus(Path file) throws CommandFailure {
    try {
      byte[] bytes = BoundedFile.read(file, StatusToken.MAX_LENGTH);
      return new String(bytes, StandardCharsets.ISO_8859_1).strip();
    } catch (IOException e) {
      throw CommandFailure.configuration("the status token " + file, e);
    }
  }

  private Presentation presentation(TrustFile believed) throws CommandFailure {
    Presentation presentation =
        request == null
            ? Presentation.NOTHING
            : requested(readRequest(request, believed.content().issuer()));
    if (audience != null) {
      presentation = presentation.withAudience(new Presentation.Audience.Gateway(audience));
    }
    return tenant == null ? presentation : presentation.withTenant(tenant);
  }

  /** The demands of whoever would let it happen, as far as they can be made away from the host. */
  private static Presentation requested(ExecutionRequest wanted) {
    Act act = wanted.act();
    return Presentation.NOTHING
        .withAudience(new Presentation.Audience.Gateway(wanted.aud().get(0)))
        .withTenant(wanted.tenant())
        .withAction(new ActionAtHand(act.action(), act.resource(), act.argsDigest(), act.limits()))
        .withObligations(Set.of(ExecGateway.SEALED_COPY));
  }

  private static ExecutionRequest readRequest(Path file, String issuer) throws CommandFailure {
    try {
      return RequestFile.parse(BoundedFile.read(file, RequestFile.MAX_BYTES), issuer).request();
    } catch (IOException | MalformedDocumentException | IllegalArgumentException e) {
      throw CommandFailure.configuration("the request " + file, e);
    }
  }

  private static String summary(Verdict verdict) {
    if (verdict instanceof Verdict.Denied denied) {
      return "denied: " + denied.code().wire() + ": " + denied.reason();
    }
    return "allowed, as far as was asked";
  }

  private static Map<String, Object> asDocument(Verdict verdict) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("allowed", verdict instanceof Verdict.Allowed);
    if (verdict instanceof Verdict.Denied denied) {
      document.put("code", denied.code().wire());
      document.put("reason", denied.reason());
    }
    document.put("checks", verdict.checks().stream().map(CheckLine::asRow).toList());
    return document;
  }
}
