// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.Argument;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.ExecBinding.BoundFile;
import dev.writ.tlog.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An execution that could be started, and what it is bound by: the two are made of the same bytes. Its
 * program is held open from here on.
 */
public final class Execution {
  /** The variable in which a program is told where the bundle lies under which it may ask for others. */
  public static final String PARENT = "WRIT_PARENT";

  /** What a program gets without asking: it changes where and how it speaks, not what it does. */
  private static final List<String> ALWAYS = List.of("PATH", "HOME", "LANG", "TERM");

  private static final String LOCALE = "LC_";

  private final ExecRequest request;
  private final Program program;
  private final ExecBinding binding;
  private final List<byte[]> argv;
  private final List<byte[]> environment;

  private Execution(
      ExecRequest request,
      Program program,
      ExecBinding binding,
      List<byte[]> argv,
      List<byte[]> environment) {
    this.request = request;
    this.program = program;
    this.binding = binding;
    this.argv = List.copyOf(argv);
    this.environment = List.copyOf(environment);
  }

  /** What came of an attempt to bind an execution. */
  public sealed interface Preparation {
    /** It is bound. */
    record Bound(Execution execution) implements Preparation {}

    /** It cannot be, and so it has already ended. */
    record Impossible(RunOutcome outcome) implements Preparation {}
  }

  /**
   * Finds the program, has it held, and binds it to what it is to be started with.
   *
   * @param exec whose own environment is what the program's is chosen from
   */
  public static Preparation prepare(WritExec exec, ExecRequest request) {
    try {
      Map<String, byte[]> variables = RawProcess.environment(exec.pid());
      Program.Outcome found =
          new Program.Finder(exec, GovernedUser.ofThisProcess(), text(variables, "PATH"))
              .find(new String(request.command().get(0), StandardCharsets.UTF_8));
      if (found instanceof Program.Outcome.Missing missing) {
        return new Preparation.Impossible(new RunOutcome.NotFound(missing.reason()));
      } else if (found instanceof Program.Outcome.Unfit unfit) {
        return new Preparation.Impossible(new RunOutcome.NotExecutable(unfit.reason()));
      }
      return new Preparation.Bound(
          bind(((Program.Outcome.Found) found).program(), request, variables));
    } catch (IllegalArgumentException | IOException e) {
      return new Preparation.Impossible(
          new RunOutcome.Unusable(
              "what is to run must be bound to the byte, and cannot be: " + Sentence.of(e)));
    }
  }

  private static Execution bind(Program program, ExecRequest request, Map<String, byte[]> variables)
      throws IOException {
    List<byte[]> command = request.command();
    List<byte[]> bound = new ArrayList<>();
    program.prefix().forEach(argument -> bound.add(bytes(argument)));
    List<byte[]> started = new ArrayList<>(bound);
    if (program.script().isPresent()) {
      Program.Script script = program.script().get();
      bound.add(bytes(script.path().toString()));
      started.add(bytes("/dev/fd/" + script.copy().descriptor()));
    } else {
      bound.add(command.get(0));
      started.add(command.get(0));
    }
    bound.addAll(command.subList(1, command.size()));
    started.addAll(command.subList(1, command.size()));
    SortedMap<String, byte[]> environment = chosen(variables, request.variables());
    request
        .handedDown()
        .ifPresent(file -> environment.put(PARENT, bytes(file.toAbsolutePath().toString())));
    SortedMap<String, Hash> digests = new TreeMap<>();
    environment.forEach((name, value) -> digests.put(name, Hash.sha256(value)));
    ExecBinding binding =
        new ExecBinding(
            program.path().toString(),
            program.executable().sha256(),
            bound.stream().map(Argument::of).toList(),
            Path.of("").toRealPath().toString(),
            digests,
            files(program, request.files()));
    return new Execution(
        request,
        program,
        binding,
        started,
        environment.entrySet().stream().map(Execution::variable).toList());
  }

  private static SortedMap<String, byte[]> chosen(
      Map<String, byte[]> variables, List<String> named) {
    SortedMap<String, byte[]> chosen = new TreeMap<>();
    variables.forEach(
        (name, value) -> {
          if (ALWAYS.contains(name) || name.startsWith(LOCALE) || named.contains(name)) {
            chosen.put(name, value);
          }
        });
    return chosen;
  }

  private static List<BoundFile> files(Program program, List<Path> files) throws IOException {
    SortedMap<String, Hash> digests = new TreeMap<>();
    for (Path file : files) {
      Path real = file.toRealPath();
      if (!Files.isRegularFile(real)) {
        throw new IllegalArgumentException(
            "a file that is bound must be a regular file, and " + file + " is not");
      }
      digests.put(real.toString(), HeldFile.sha256(real));
    }
    if (program.script().isPresent()) {
      Program.Script script = program.script().get();
      digests.put(script.path().toString(), script.copy().sha256());
    }
    return digests.entrySet().stream()
        .map(file -> new BoundFile(file.getKey(), file.getValue()))
        .toList();
  }

  private static byte[] variable(Map.Entry<String, byte[]> variable) {
    byte[] name = bytes(variable.getKey());
    byte[] value = variable.getValue();
    byte[] both = new byte[name.length + 1 + value.length];
    System.arraycopy(name, 0, both, 0, name.length);
    both[name.length] = '=';
    System.arraycopy(value, 0, both, name.length + 1, value.length);
    return both;
  }

  private static Optional<String> text(Map<String, byte[]> variables, String name) {
    return Optional.ofNullable(variables.get(name))
        .map(value -> new String(value, StandardCharsets.UTF_8));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Has it started, by the process that holds its program. */
  WritExec.Response start(WritExec exec) throws IOException {
    return exec.start(
        program.executable(),
        program
            .script()
            .map(script -> OptionalInt.of(script.copy().descriptor()))
            .orElseGet(OptionalInt::empty),
        argv,
        environment);
  }

  /** What was asked for. */
  ExecRequest request() {
    return request;
  }

  /** What runs. */
  Program program() {
    return program;
  }

  /** What it is, to the byte. */
  public ExecBinding binding() {
    return binding;
  }

  /**
   * What it is started with: the binding's arguments, but for a script's path, in whose place stands the
   * descriptor of its sealed copy.
   */
  List<byte[]> argv() {
    return argv;
  }

  /** {@code NAME=VALUE} each. */
  List<byte[]> environment() {
    return environment;
  }
}
