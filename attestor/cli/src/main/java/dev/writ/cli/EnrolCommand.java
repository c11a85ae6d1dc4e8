// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Enrolled;
import dev.writ.agent.HttpServiceEndpoint;
import dev.writ.agent.Invitation;
import dev.writ.agent.StateFolder;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.evidence.Octets;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * {@code writ enrol}: an operator invites a host, or the host accepts. The invitation's secret is in a
 * file or a pipe, never among the arguments, which every user of a machine can read.
 */
@Command(
    name = "enrol",
    description = {
      "With --invite: lets a host enrol once, by an invitation file that is carried to it.",
      "Else: enrols this host, by --invitation or as the --host that an operator listed."
    },
    footer = {
      "",
      "On the host write at least one of --trust and --service, and one of --state and --tpm: what the",
      "environment names counts for the others of each pair."
    },
    mixinStandardHelpOptions = true)
final class EnrolCommand implements Callable<Integer> {
  private static final String PIPE = "-";
  private static final int MAX_INVITATION = 4096;

  @Spec CommandSpec spec = CommandSpec.create();

  @ArgGroup(multiplicity = "1")
  Side side = new Side();

  @Option(
      names = {"-o", "--output"},
      description = "How to print: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  OutputFormat output = OutputFormat.text;

  /** Who runs the command. */
  static final class Side {
    @ArgGroup(exclusive = false, heading = "%nAs an operator:%n")
    @Nullable Inviting inviting;

    @ArgGroup(exclusive = false, heading = "%nOn the host:%n")
    @Nullable Joining joining;
  }

  /** An operator's side. */
  static final class Inviting {
    @Option(
        names = "--invite",
        required = true,
        paramLabel = "NAME",
        description = "The name under which the host will be known.")
    String name = "";

    @Option(
        names = "--valid",
        paramLabel = "TIME",
        defaultValue = "1h",
        converter = TimeConverter.class,
        description = "For how long, such as 30m, 1h, 7d (default: ${DEFAULT-VALUE}).")
    Duration valid = Duration.ofHours(1);

    @ArgGroup(multiplicity = "1")
    DoorOptions door = new DoorOptions();

    @Option(
        names = "--out",
        required = true,
        paramLabel = "FILE",
        description = "The invitation: a new file, its owner's alone; - is standard output.")
    Path out = Path.of("");
  }

  /** The host's side. */
  static final class Joining {
    @ArgGroup(multiplicity = "1")
    As as = new As();

    @ArgGroup(exclusive = false, multiplicity = "1")
    ServiceOptions service = new ServiceOptions();

    @ArgGroup(exclusive = false, multiplicity = "1")
    HostOptions host = new HostOptions();
  }

  /** Why the host may enrol. */
  static final class As {
    @Option(
        names = "--invitation",
        paramLabel = "FILE",
        description = "What an operator made with --invite; - is standard input.")
    @Nullable Path invitation;

    @Option(
        names = "--host",
        paramLabel = "NAME",
        description = "This host's name, where an operator listed its endorsement key.")
    @Nullable String name;
  }

  @Override
  public Integer call() throws CommandFailure {
    if (side.inviting != null) {
      invite(side.inviting);
    } else if (side.joining != null) {
      join(side.joining);
    }
    return ExitStatus.DONE;
  }

  private void invite(Inviting inviting) throws CommandFailure {
    boolean piped = inviting.out.toString().equals(PIPE);
    if (!piped && Files.exists(inviting.out)) {
      throw CommandFailure.configuration("--out must not exist yet, and " + inviting.out + " does");
    }
    Invitation invitation =
        inviting.door.ask(
            service -> CommandFailure.granted(service.invite(inviting.name, inviting.valid)));
    if (piped) {
      spec.commandLine().getOut().println(new String(invitation.toJson(), StandardCharsets.UTF_8));
      spec.commandLine().getOut().flush();
      return;
    }
    try {
      invitation.write(inviting.out);
    } catch (IOException e) {
      throw CommandFailure.configuration("--out", e);
    }
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("host", invitation.host());
    facts.put("invitation", inviting.out);
    facts.put("expires", invitation.expires());
    new Printer(spec.commandLine().getOut(), output).print(facts);
  }

  private void join(Joining joining) throws CommandFailure {
    FollowedTrust trust =
        joining.service.followed(
            sentence -> spec.commandLine().getErr().println("writ: " + sentence));
    HttpServiceEndpoint endpoint = joining.service.endpoint(trust);
    Optional<Invitation> invitation =
        joining.as.invitation == null ? Optional.empty() : Optional.of(read(joining.as.invitation));
    String name = invitation.map(Invitation::host).orElse(String.valueOf(joining.as.name));
    Optional<Octets> secret = invitation.map(Invitation::secret);
    Enrolled enrolled =
        CommandFailure.granted(
            joining.host.attester(endpoint, attester -> attester.enrol(name, secret)));
    if (joining.service.folder != null) {
      // So that the host begins with what is in force, with or without a network.
      boolean unused = trust.follow(endpoint.trustFiles());
    }
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("host", name);
    facts.put("ak_name", HexFormat.of().formatHex(enrolled.akName().bytes()));
    if (enrolled.akCertificate().isEmpty()) {
      spec.commandLine().getErr().println("writ: enrolled; this service certifies no keys");
    } else {
      facts.put("ak_certificate", write(joining.host.makeState(), enrolled));
    }
    new Printer(spec.commandLine().getOut(), output).print(facts);
  }

  /** It is public; a new one takes the place of the one before. */
  private static Path write(StateFolder state, Enrolled enrolled) throws CommandFailure {
    try {
      return Files.write(state.akCertificate(), enrolled.akCertificatePem());
    } catch (IOException e) {
      throw CommandFailure.configuration(
          "the host is enrolled, and its attestation key's certificate must be written to --state",
          e);
    }
  }

  private static Invitation read(Path file) throws CommandFailure {
    try {
      if (file.toString().equals(PIPE)) {
        return Invitation.parse(System.in.readNBytes(MAX_INVITATION + 1));
      }
      // Whoever reads it can enrol in this host's place.
      OwnersFile.require(file);
      return Invitation.read(file);
    } catch (IOException | MalformedJsonException e) {
      throw CommandFailure.configuration("the invitation " + file, e);
    }
  }

  /** A time span as people write one. */
  static final class TimeConverter implements ITypeConverter<Duration> {
    private static final Pattern TIME = Pattern.compile("([1-9][0-9]{0,5})([smhd])");

    @Override
    public Duration convert(String text) {
      Matcher matcher = TIME.matcher(text);
      if (!matcher.matches()) {
        throw new TypeConversionException(
            "must be a number and s, m, h or d, such as 1h, was " + text);
      }
      long number = Long.parseLong(matcher.group(1));
      return switch (matcher.group(2)) {
        case "s" -> Duration.ofSeconds(number);
        case "m" -> Duration.ofMinutes(number);
        case "h" -> Duration.ofHours(number);
        default -> Duration.ofDays(number);
      };
    }
  }
}
