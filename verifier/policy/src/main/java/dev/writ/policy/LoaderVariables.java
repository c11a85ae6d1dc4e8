// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The variables of an environment that make a dynamic loader, a C library or an interpreter load or run
 * code which no exec binding names. An execution is given one of them only where the policy's {@code
 * loader_variables} lists it. The list is closed; {@link dev.writ.policy} shows it whole, with reasons.
 */
public final class LoaderVariables {
  /** A variable whose name begins with one of these is one. */
  static final List<String> PREFIXES =
      List.of(
          "LD_",
          "DYLD_",
          "BASH_FUNC_",
          "PYTHON",
          "PERL",
          "RUBY",
          "GEM_",
          "BUNDLE_",
          "LUA_PATH",
          "LUA_CPATH",
          "LUA_INIT",
          "TCL",
          "R_ENVIRON",
          "R_LIBS",
          "R_PROFILE",
          "ERL_",
          "GUILE_",
          "JULIA_",
          "DOTNET_",
          "CORECLR_",
          "COR_",
          "COMPlus_",
          "MONO_");

  /** And so is a variable with one of these names. */
  static final Set<String> NAMES =
      new TreeSet<>(
          Set.of(
              "GLIBC_TUNABLES",
              "GCONV_PATH",
              "GETCONF_DIR",
              "BASH_ENV",
              "BASH_LOADABLES_PATH",
              "BASHOPTS",
              "SHELLOPTS",
              "ENV",
              "FPATH",
              "IFS",
              "PROMPT_COMMAND",
              "PS4",
              "ZDOTDIR",
              "CLASSPATH",
              "JAVA_TOOL_OPTIONS",
              "JDK_JAVA_OPTIONS",
              "JDK_JAVAC_OPTIONS",
              "_JAVA_OPTIONS",
              "IBM_JAVA_OPTIONS",
              "OPENJ9_JAVA_OPTIONS",
              "NODE_OPTIONS",
              "NODE_PATH",
              "NODE_REPL_EXTERNAL_MODULE",
              "BUN_OPTIONS",
              "PHPRC",
              "PHP_INI_SCAN_DIR",
              "TK_LIBRARY",
              "R_DEFAULT_PACKAGES",
              "R_HOME",
              "ELIXIR_ERL_OPTIONS",
              "CAML_LD_LIBRARY_PATH",
              "AWKPATH",
              "AWKLIBPATH",
              "EMACSLOADPATH"));

  private LoaderVariables() {}

  /** Whether {@code name} is a loader or interpreter variable; names are told apart by case. */
  public static boolean contains(String name) {
    return NAMES.contains(name) || PREFIXES.stream().anyMatch(name::startsWith);
  }

  /** The expression that no variable of an execution is one, but for those that are {@code listed}. */
  static String noneBut(Set<String> listed) {
    Stream<String> one =
        Stream.concat(
            PREFIXES.stream().map(prefix -> "name.startsWith(\"" + prefix + "\")"),
            Stream.of("name in " + literal(NAMES)));
    String exception = listed.isEmpty() ? "" : " || name in " + literal(listed);
    return one.collect(
        Collectors.joining(" || ", "request.exec.env.all(name, !(", ")" + exception + ")"));
  }

  private static String literal(Set<String> names) {
    // No name of a variable has a quote or a backslash (TextForm.VARIABLE).
    return names.stream().sorted().map(name -> "\"" + name + "\"").toList().toString();
  }
}
