// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.KeyQuorum;
import dev.writ.artifact.MalformedTrustFileException;
import dev.writ.artifact.TrustContent.StatusSource;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.KeySpec;
import dev.writ.hsm.MalformedHsmConfigException;
import dev.writ.hsm.PinSource;
import dev.writ.hsm.Token;
import dev.writ.hsm.TokenProfile;
import dev.writ.service.FirstTrustFile;
import dev.writ.tlog.LogPolicy;
import dev.writ.tlog.MalformedLogPolicyException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code writ keys init}: the birth of a service's keys and of its first trust file. */
@Command(
    name = "init",
    description = {
      "Makes the keys of the issuer, the ledger, the status list, the TLS endpoints and the",
      "certificates of hosts' attestation keys in the token, sensitive and non-extractable, and",
      "version 1 of the dev trust file with an operator's key beside it.",
      "A token that can have an Ed25519 key gets one, too, for a second signature of checkpoints;",
      "for one that cannot, that key goes into a file: wrapped by the token, or sealed to the TPM.",
      "In a token from before services had that one, or ak-ca's, it makes what is missing.",
      "Overwrites nothing."
    },
    mixinStandardHelpOptions = true)
final class KeysInitCommand implements Callable<Integer> {
  private static final Pattern VISIBLE = Pattern.compile("[!-~]{1,255}");

  /** Leaves room for the log's line in what a trust file's policy may have. */
  private static final int MAX_WITNESSES = 32 * 1024;

  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--profile",
      description = "Which kind of token (default: ${DEFAULT-VALUE}).",
      defaultValue = "softhsm2")
  String profile = "softhsm2";

  @Option(
      names = "--library",
      paramLabel = "PATH",
      description = "Where the PKCS#11 module is, if not where the profile says.")
  @Nullable String library;

  @Option(names = "--token", required = true, description = "The token's label.")
  String token = "";

  @ArgGroup(multiplicity = "1")
  PinOptions pin = new PinOptions();

  /** Where the PIN comes from: one of the two. */
  static final class PinOptions {
    @Option(
        names = "--pin-file",
        paramLabel = "FILE",
        description = "Holds the user PIN; readable by its owner alone.")
    @Nullable Path file;

    @Option(
        names = "--sealed-pin",
        paramLabel = "FILE",
        description =
            "The user PIN as writ keys seal-pin wrote it; an Ed25519 key that the token"
                + " can neither have nor wrap is sealed beside it.")
    @Nullable Path sealed;
  }

  @Option(
      names = "--tpm",
      paramLabel = "TCTI",
      defaultValue = "${env:WRIT_TPM:-device:/dev/tpmrm0}",
      description =
          "How the TPM of --sealed-pin is reached (or WRIT_TPM; default: device:/dev/tpmrm0).")
  String tpm = "device:/dev/tpmrm0";

  @Option(names = "--issuer", required = true, description = "The issuer's URL, https://…")
  URI issuer = URI.create("");

  @Option(
      names = "--origin",
      description = "The ledger's name (default: the issuer's host followed by /ledger).")
  @Nullable String origin;

  @Option(
      names = "--status-uri",
      paramLabel = "URL",
      description = "Where status lists are published (default: the issuer's URL and /status).")
  @Nullable URI statusUri;

  @Option(
      names = "--witnesses",
      paramLabel = "FILE",
      description = {
        "The witness, group and quorum lines of the trust file's log policy (c2sp.org/tlog-policy);",
        "without it the ledger needs no witness."
      })
  @Nullable Path witnesses;

  @Option(
      names = "--policy-approvers",
      paramLabel = "FILE",
      description = {
        "What the trust file says of those who approve policies: {\"threshold\": N, \"keys\": [JWK, …]}, JWKs as",
        "writ policy key prints them. Without it policies need no signature."
      })
  @Nullable Path policyApprovers;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description =
          "Where trust.json, operator-key.pem, ak-ca.pem and checkpoint-ed25519.key are written.")
  Path out = Path.of("");

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  @Override
  public Integer call() throws CommandFailure {
    String log = origin == null ? issuer.getHost() + "/ledger" : origin;
    requireNames(log);
    StatusSource source = statusSource();
    String lines = witnesses == null ? FirstTrustFile.NO_WITNESSES : witnessLines(witnesses);
    Optional<KeyQuorum> approvers =
        policyApprovers == null ? Optional.empty() : Optional.of(approvers(policyApprovers));
    try (Token opened = Token.open(tokenProfile(), token, pinSource())) {
      KeyBirth birth =
          new KeyBirth(
              issuer.toString(),
              log,
              Optional.of(source),
              lines,
              approvers,
              out,
              Clock.systemUTC(),
              new SecureRandom(),
              Optional.ofNullable(pin.sealed).map(file -> new TpmSealedKey(file, tpm)));
      Optional<KeyBirth.Completed> completed = birth.complete(opened);
      if (completed.isPresent()) {
        printCompleted(completed.get());
      } else {
        print(birth.in(opened));
      }
      return ExitStatus.DONE;
    } catch (HsmException | MalformedHsmConfigException | IOException e) {
      throw CommandFailure.configuration(e);
    }
  }

  /** Before the token is touched: lines that no verifier could read must cost no key. */
  private static String witnessLines(Path file) throws CommandFailure {
    try {
      String lines = new String(BoundedFile.read(file, MAX_WITNESSES), StandardCharsets.UTF_8);
      if (LogPolicy.parse(lines).logs().isEmpty()) {
        return lines;
      }
      throw CommandFailure.configuration(
          "--witnesses: " + file + " must have no log line, for the key is made now; has one");
    } catch (IOException | MalformedLogPolicyException e) {
      throw CommandFailure.configuration("--witnesses: " + file, e);
    }
  }

  private static KeyQuorum approvers(Path file) throws CommandFailure {
    try {
      return KeyQuorum.parse(BoundedFile.read(file, KeyQuorum.MAX_BYTES));
    } catch (IOException | MalformedTrustFileException e) {
      throw CommandFailure.configuration("--policy-approvers: " + file, e);
    }
  }

  private PinSource pinSource() {
    if (pin.sealed != null) {
      return PinSource.sealed(new TpmSealedPin(pin.sealed, tpm));
    }
    if (pin.file == null) {
      throw new IllegalStateException("bug: one of --pin-file and --sealed-pin is given");
    }
    return PinSource.file(pin.file);
  }

  private TokenProfile tokenProfile() throws MalformedHsmConfigException {
    TokenProfile named = TokenProfile.named(profile);
    if (library == null) {
      return named;
    }
    if (!TokenProfile.isLibrary(library)) {
      throw new ParameterException(
          spec.commandLine(),
          "--library must be " + TokenProfile.LIBRARY_FORM + ", was " + library);
    }
    return named.withLibrary(Path.of(library));
  }

  /** Before the token is touched: a name that no artifact or note can hold must cost no key. */
  private void requireNames(String log) {
    if (!"https".equals(issuer.getScheme())
        || issuer.getHost() == null
        || !VISIBLE.matcher(issuer.toString()).matches()) {
      throw new ParameterException(
          spec.commandLine(),
          "--issuer must be an https URL of at most 255 visible ASCII characters, was " + issuer);
    }
    if (!VISIBLE.matcher(log).matches() || log.indexOf('+') >= 0) {
      throw new ParameterException(
          spec.commandLine(),
          "--origin must be 1 to 255 visible ASCII characters without a plus, was " + log);
    }
  }

  /** A list is found below it by its number, so nothing may follow the path. */
  private StatusSource statusSource() {
    String uri =
        statusUri == null
            ? issuer.toString().replaceAll("/+$", "") + "/status"
            : statusUri.toString();
    if (uri.indexOf('?') < 0 && !uri.endsWith("/")) {
      try {
        return FirstTrustFile.statusAt(uri);
      } catch (IllegalArgumentException e) {
        // Said below, with the rest of what it must be.
      }
    }
    throw new ParameterException(
        spec.commandLine(),
        "--status-uri must be an http or https URL without query, fragment or a slash at its end,"
            + " was "
            + uri);
  }

  private void printCompleted(KeyBirth.Completed completed) {
    String made =
        completed.keys().stream().map(KeySpec::toString).collect(Collectors.joining(" and "));
    spec.commandLine()
        .getErr()
        .println(
            "writ: the token had all keys but "
                + made
                + "; that was made, and no trust file: the one that names the other keys stays as it"
                + " is");
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("made", completed.keys().stream().map(key -> key.role().wire()).toList());
    completed.akCa().ifPresent(file -> facts.put("ak_ca", file.toString()));
    completed.checkpointKey().ifPresent(file -> facts.put("checkpoint_key", file.toString()));
    new Printer(spec.commandLine().getOut(), output).print(facts);
  }

  private void print(KeyBirth.Born born) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("issuer_kid", born.issuerKid());
    facts.put("checkpoint_vkey", born.checkpointVkeys().get(0));
    if (born.checkpointVkeys().size() > 1) {
      facts.put("checkpoint_ed25519_vkey", born.checkpointVkeys().get(1));
    }
    born.checkpointKey().ifPresent(file -> facts.put("checkpoint_key", file.toString()));
    facts.put("status_kid", born.statusKid());
    facts.put("status_uri", born.trust().content().status().map(StatusSource::uri).orElse(""));
    facts.put("tls_pin", born.keys().tlsPin().hex());
    facts.put("trust", born.trustFile().toString());
    facts.put("trust_sha256", born.trust().digest().hex());
    facts.put("ak_ca", born.akCa().toString());
    facts.put("operator_key", born.operatorKey().toString());
    new Printer(spec.commandLine().getOut(), output).print(facts);
  }
}
