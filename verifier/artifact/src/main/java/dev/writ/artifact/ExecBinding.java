// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What an execution is, to the byte: the program, its arguments, where it starts, what its environment
 * and its scripts and data are. The request names its {@linkplain #digest() digest}, so that nothing
 * else runs under the permission.
 *
 * <p>Of a script, the program is the interpreter that its {@code #!} names, and {@code argv} is as
 * execve(2) makes it: the interpreter, the one argument that the line may have, the script's path, and
 * then the arguments. The script is one of {@code files}. Files are proven as of the start: nothing
 * keeps another process from writing to one that the program reads later.
 *
 * @param path absolute real path of the executable, which is the request's resource; 1 to {@value
 *     #MAX_EXECUTABLE_PATH} UTF-16 units
 * @param exeSha256 SHA-256 of the executable's bytes
 * @param argv all arguments from {@code argv[0]} on; 1 to {@value #MAX_ARGUMENTS}, together at most
 *     {@value #MAX_ARGUMENT_BYTES} bytes
 * @param cwd absolute path of the working directory
 * @param env of each variable of the environment, by name, SHA-256 of its value's bytes; at most
 *     {@value #MAX_VARIABLES}
 * @param files scripts and data that are bound, in strictly ascending order of their paths' UTF-16
 *     units; at most {@value #MAX_FILES}
 */
public record ExecBinding(
    String path,
    Hash exeSha256,
    List<Argument> argv,
    String cwd,
    SortedMap<String, Hash> env,
    List<BoundFile> files) {
  /** The action of every execution on a host. */
  public static final String ACTION = "exec";

  /** Longest binding, in bytes: of what is read as of the canonical JSON. */
  public static final int MAX_BYTES = 64 * 1024;

  /** Longest path of an executable, in UTF-16 units: it is the request's resource. */
  public static final int MAX_EXECUTABLE_PATH = 1024;

  /** Longest other path, in bytes of UTF-8: Linux's PATH_MAX. */
  public static final int MAX_PATH_BYTES = 4096;

  /** Most arguments. */
  public static final int MAX_ARGUMENTS = 1024;

  /** Most bytes of all arguments together. */
  public static final int MAX_ARGUMENT_BYTES = 32 * 1024;

  /** Most variables. */
  public static final int MAX_VARIABLES = 128;

  /** Longest name of a variable, in characters. */
  public static final int MAX_VARIABLE_NAME = 256;

  /** Most bound files. */
  public static final int MAX_FILES = 128;

  private static final String LABEL = "writ-exec-v1";

  /**
   * A script or a file of data.
   *
   * @param path its absolute path
   * @param sha256 SHA-256 of its bytes at the start of the execution
   */
  public record BoundFile(String path, Hash sha256) {
    /**
     * The file as given.
     *
     * @throws IllegalArgumentException if the path is not absolute, normalized and within its bounds
     */
    public BoundFile {
      Require.absolutePath("files.path", path, MAX_PATH_BYTES);
    }

    private Map<String, Object> toMap() {
      return Map.of("path", path, "sha256", sha256);
    }

    private static BoundFile take(JsonMembers json) throws MalformedJsonException {
      BoundFile file = new BoundFile(json.text("path"), json.hash("sha256"));
      json.end();
      return file;
    }
  }

  /**
   * The binding as given.
   *
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public ExecBinding {
    Require.absolutePath("path", path, MAX_PATH_BYTES);
    Require.text("path", path, MAX_EXECUTABLE_PATH);
    argv = List.copyOf(argv);
    Require.between("argv", argv.size(), 1, MAX_ARGUMENTS);
    int argumentBytes = argv.stream().mapToInt(Argument::length).sum();
    if (argumentBytes > MAX_ARGUMENT_BYTES) {
      throw new InvalidValueException(
          "argv", "at most " + MAX_ARGUMENT_BYTES + " bytes in all", argumentBytes + " bytes");
    }
    if (!cwd.equals("/")) {
      Require.absolutePath("cwd", cwd, MAX_PATH_BYTES);
    }
    Require.between("env", env.size(), 0, MAX_VARIABLES);
    env.keySet().forEach(ExecBinding::requireVariableName);
    env = Collections.unmodifiableSortedMap(new TreeMap<>(env));
    files = List.copyOf(files);
    Require.between("files", files.size(), 0, MAX_FILES);
    requireAscending(files);
    int bytes = canonical(path, exeSha256, argv, cwd, env, files).length;
    if (bytes > MAX_BYTES) {
      throw new InvalidValueException(
          "", "at most " + MAX_BYTES + " bytes of canonical JSON", bytes + " bytes");
    }
  }

  /** The binding that {@code json} spells; members unknown to this format are refused. */
  public static ExecBinding parse(byte[] json) throws MalformedExecBindingException {
    JsonMembers members;
    try {
      members = StrictJson.parse(json, MAX_BYTES);
    } catch (MalformedJsonException e) {
      throw new MalformedExecBindingException(e);
    }
    return take(members);
  }

  /**
   * The binding that these members are, for a document that holds one; members unknown to this format
   * are refused.
   */
  public static ExecBinding take(JsonMembers json) throws MalformedExecBindingException {
    try {
      List<Argument> argv = new ArrayList<>();
      for (String text : json.texts("argv", MAX_ARGUMENTS)) {
        byte[] bytes = Base64Url.decode(text);
        if (bytes == null) {
          throw new InvalidValueException(
              "argv", "base64url without padding", "something else in argv[" + argv.size() + "]");
        }
        argv.add(Argument.of(bytes));
      }
      List<BoundFile> files = new ArrayList<>();
      for (JsonMembers file : json.objects("files", MAX_FILES)) {
        files.add(BoundFile.take(file));
      }
      ExecBinding binding =
          new ExecBinding(
              json.text("path"),
              json.hash("exe_sha256"),
              argv,
              json.text("cwd"),
              new TreeMap<>(json.object("env").allHashes(MAX_VARIABLES)),
              files);
      json.end();
      return binding;
    } catch (MalformedJsonException e) {
      throw new MalformedExecBindingException(e);
    } catch (InvalidValueException e) {
      throw new MalformedExecBindingException(e);
    }
  }

  /** Its canonical JSON, which is what its digest is of. */
  public byte[] jcs() {
    return canonical(path, exeSha256, argv, cwd, env, files);
  }

  /** {@code H("writ-exec-v1", SHA-256(JCS))}: what {@code act.args_digest} of its request is. */
  public Hash digest() {
    return LabelledHash.of(LABEL, Hash.sha256(jcs()));
  }

  /**
   * The execution as a request asks for it: the action {@value #ACTION} on {@link #path}, with this
   * binding's digest and no limits.
   *
   * @param maxUses how often the permission may be used, or {@link Act#UNCOUNTED}
   */
  public Act act(int maxUses) {
    return new Act(ACTION, path, digest(), Map.of(), maxUses);
  }

  /** Path, working directory and sizes: neither arguments nor digests of values, which may be secret. */
  @Override
  public String toString() {
    return "ExecBinding[path="
        + path
        + ", cwd="
        + cwd
        + ", "
        + argv.size()
        + " arguments, "
        + env.size()
        + " variables, "
        + files.size()
        + " files]";
  }

  private static byte[] canonical(
      String path,
      Hash exeSha256,
      List<Argument> argv,
      String cwd,
      Map<String, Hash> env,
      List<BoundFile> files) {
    return Jcs.canonical(
        Map.of(
            "path",
            path,
            "exe_sha256",
            exeSha256,
            "argv",
            argv.stream().map(argument -> Base64Url.encode(argument.bytes())).toList(),
            "cwd",
            cwd,
            "env",
            env,
            "files",
            files.stream().map(BoundFile::toMap).toList()));
  }

  /** POSIX.1-2017 section 8.1, and lower case besides, which programs have in use. */
  private static void requireVariableName(String name) {
    boolean wellFormed = !name.isEmpty() && name.length() <= MAX_VARIABLE_NAME;
    for (int i = 0; wellFormed && i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
      wellFormed = letter || (i > 0 && c >= '0' && c <= '9');
    }
    if (!wellFormed) {
      throw new InvalidValueException(
          "env",
          "by names of 1 to " + MAX_VARIABLE_NAME + " of A-Z a-z 0-9 _, the first no digit",
          name);
    }
  }

  private static void requireAscending(List<BoundFile> files) {
    for (int i = 1; i < files.size(); i++) {
      if (files.get(i - 1).path().compareTo(files.get(i).path()) >= 0) {
        throw new InvalidValueException(
            "files", "in strictly ascending order of path", files.get(i).path() + " out of order");
      }
    }
  }
}
