// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.errorprone.annotations.Immutable;
import com.google.re2j.Pattern;
import dev.cel.checker.CelStandardDeclarations;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.EnumType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructTypeReference;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import dev.cel.runtime.CelStandardFunctions;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The CEL profile {@code writ-cel-1}: what a rule may say, and what it may cost.
 *
 * <p>Everything is listed that is allowed, so that a later version of the CEL library adds nothing.
 * A change of the lists or the limits is a new profile with a new id.
 *
 * <p>Not thread-safe while it compiles; what it compiled is.
 */
final class Profile {
  static final String ID = "writ-cel-1";

  /** Length of one expression in code points. */
  static final int MAX_CODE_POINTS = 4_096;

  /** Nesting of one expression, in the source and in the tree that macros expand to. */
  static final int MAX_DEPTH = 32;

  /** Steps of all comprehensions of one evaluation together. */
  static final int MAX_ITERATIONS = 10_000;

  /**
   * The overloads of CEL's standard library that exist. Absent on purpose: everything on doubles,
   * unsigned integers and bytes (two engines format doubles differently, and no input is of these
   * types), {@code dyn} and {@code type} (they undo the static types), and the getters that take a
   * time zone (their answer depends on the machine's tzdata).
   */
  static final Set<String> OVERLOADS =
      Set.of(
          ("conditional logical_and logical_or logical_not not_strictly_false equals not_equals"
                  + " less_bool less_int64 less_string less_timestamp less_duration"
                  + " less_equals_bool less_equals_int64 less_equals_string"
                  + " less_equals_timestamp less_equals_duration"
                  + " greater_bool greater_int64 greater_string greater_timestamp"
                  + " greater_duration greater_equals_bool greater_equals_int64"
                  + " greater_equals_string greater_equals_timestamp greater_equals_duration"
                  + " add_int64 add_string add_list add_timestamp_duration"
                  + " add_duration_timestamp add_duration_duration"
                  + " subtract_int64 subtract_timestamp_timestamp subtract_timestamp_duration"
                  + " subtract_duration_duration multiply_int64 divide_int64 modulo_int64"
                  + " negate_int64 in_list in_map index_list index_map"
                  + " size_string size_list size_map string_size list_size map_size"
                  + " contains_string starts_with_string ends_with_string matches matches_string"
                  + " string_to_timestamp string_to_duration string_to_int64 int64_to_string"
                  + " timestamp_to_year timestamp_to_month timestamp_to_day_of_year"
                  + " timestamp_to_day_of_month timestamp_to_day_of_month_1_based"
                  + " timestamp_to_day_of_week timestamp_to_hours timestamp_to_minutes"
                  + " timestamp_to_seconds timestamp_to_milliseconds"
                  + " duration_to_hours duration_to_minutes duration_to_seconds"
                  + " duration_to_milliseconds")
              .split(" "));

  /** Bound here and not by the library, which would compile the pattern in every evaluation. */
  private static final Set<String> MATCHES = Set.of("matches", "matches_string");

  private static final CelOptions OPTIONS =
      CelOptions.current()
          // The planner refuses to run without this; no heterogeneous overload is declared.
          .enableHeterogeneousNumericComparisons(true)
          .enableQuotedIdentifierSyntax(false)
          .enableTimestampOverflowCheck(true)
          .maxExpressionCodePointSize(MAX_CODE_POINTS)
          .maxParseRecursionDepth(MAX_DEPTH)
          .comprehensionMaxIterations(MAX_ITERATIONS)
          .build();

  private static final List<CelStandardMacro> MACROS =
      List.of(
          CelStandardMacro.HAS,
          CelStandardMacro.ALL,
          CelStandardMacro.EXISTS,
          CelStandardMacro.EXISTS_ONE,
          CelStandardMacro.MAP,
          CelStandardMacro.MAP_FILTER,
          CelStandardMacro.FILTER);

  private static final CelStandardDeclarations DECLARATIONS = declarations();
  private static final CelStandardFunctions FUNCTIONS = functions();

  private final CelCompiler compiler;
  private final CelRuntime runtime;

  /** The compiled form of each literal pattern; filled while rules compile, then only read. */
  private final Map<String, Pattern> patterns = new HashMap<>();

  @SuppressWarnings("Immutable") // the map of patterns is only read once a rule runs
  Profile(Constants constants) {
    Types types = new Types(constants);
    CelCompilerBuilder builder =
        CelCompilerFactory.standardCelCompilerBuilder()
            .setOptions(OPTIONS)
            .setStandardMacros(MACROS)
            .setStandardEnvironmentEnabled(false)
            .setStandardDeclarations(DECLARATIONS)
            .setTypeProvider(types)
            .addVar("constants", StructTypeReference.create(Constants.TYPE_NAME))
            .setResultType(SimpleType.BOOL);
    for (InputPath.Variable variable : InputPath.Variable.values()) {
      builder.addVar(variable.wire(), variable.celType());
    }
    this.compiler = builder.build();
    this.runtime =
        CelRuntimeFactory.plannerRuntimeBuilder()
            .setOptions(OPTIONS)
            .setStandardFunctions(FUNCTIONS)
            .addFunctionBindings(
                CelFunctionBinding.fromOverloads(
                    "matches",
                    CelFunctionBinding.from("matches", String.class, String.class, this::matches),
                    CelFunctionBinding.from(
                        "matches_string", String.class, String.class, this::matches)))
            .setTypeProvider(types)
            .build();
  }

  /**
   * An expression that may be evaluated.
   *
   * @param tellsFrozen whether it tells a frozen service from one in its usual mode
   */
  record Compiled(CelRuntime.Program program, List<InputPath> inputs, boolean tellsFrozen) {}

  /**
   * Compiles one rule's expression.
   *
   * @param place where it stands, for the refusal
   * @throws MalformedPolicyException if it is not an expression of the profile
   */
  Compiled compile(String expression, Json.Place place) throws MalformedPolicyException {
    CelAbstractSyntaxTree tree;
    try {
      tree = compiler.compile(expression).getAst();
    } catch (CelValidationException e) {
      throw new MalformedPolicyException(
          place, "a CEL expression of type bool under " + ID, describe(e), e);
    }
    ExpressionCheck check = ExpressionCheck.of(tree, place);
    patterns.putAll(check.patterns());
    try {
      return new Compiled(
          runtime.createProgram(tree), check.inputs(), ModeReading.tellsFrozen(tree));
    } catch (CelEvaluationException e) {
      throw new IllegalStateException("a checked expression has no program; this is a bug", e);
    }
  }

  private static String describe(CelValidationException e) {
    if (e.getErrors().isEmpty()) {
      return String.valueOf(e.getMessage());
    }
    CelIssue issue = e.getErrors().get(0);
    return "at %d:%d of the expression: %s"
        .formatted(
            issue.getSourceLocation().getLine(),
            issue.getSourceLocation().getColumn() + 1,
            issue.getMessage());
  }

  /** CEL's {@code matches} looks for the pattern anywhere in the text. */
  private boolean matches(String text, String pattern) {
    Pattern compiled = patterns.get(pattern);
    if (compiled == null) {
      throw new IllegalStateException("a pattern that is no literal was let pass; this is a bug");
    }
    return compiled.matcher(text).find();
  }

  private static CelStandardDeclarations declarations() {
    return CelStandardDeclarations.newBuilder()
        .filterFunctions(
            (function, overload) ->
                // The names these two have in old syntax trees are identifiers one could write.
                function != CelStandardDeclarations.StandardFunction.OLD_IN
                    && function != CelStandardDeclarations.StandardFunction.OLD_NOT_STRICTLY_FALSE
                    && OVERLOADS.contains(overload.celOverloadDecl().overloadId()))
        .filterIdentifiers(identifier -> false)
        .build();
  }

  private static CelStandardFunctions functions() {
    return CelStandardFunctions.newBuilder()
        .filterFunctions(
            (function, overload) -> {
              // The library names the constant of an overload by the overload's id.
              String id = ((Enum<?>) overload).name().toLowerCase(Locale.ROOT);
              return OVERLOADS.contains(id) && !MATCHES.contains(id);
            })
        .build();
  }

  /** The structs and enums that rules know. */
  @Immutable
  private static final class Types implements CelTypeProvider {
    private final ImmutableMap<String, CelType> types;

    private Types(Constants constants) {
      ImmutableMap.Builder<String, CelType> builder = ImmutableMap.builder();
      for (InputPath.Variable variable : InputPath.Variable.values()) {
        variable.struct().ifPresent(struct -> builder.put(struct.name(), struct.celType()));
      }
      builder.put(Exec.STRUCT.name(), Exec.STRUCT.celType());
      Question.structs().forEach(struct -> builder.put(struct.name(), struct.celType()));
      Delegation.structs().forEach(struct -> builder.put(struct.name(), struct.celType()));
      builder.put(Governance.Approval.STRUCT.name(), Governance.Approval.STRUCT.celType());
      builder.put(Constants.TYPE_NAME, constants.type());
      put(builder, Trust.Tier.class);
      put(builder, Trust.Endorsement.class);
      put(builder, Env.KeyStorage.class);
      put(builder, Env.Channel.class);
      put(builder, Governance.Mode.class);
      this.types = builder.buildOrThrow();
    }

    private static <E extends Enum<E>> void put(
        ImmutableMap.Builder<String, CelType> builder, Class<E> type) {
      ImmutableMap.Builder<String, Integer> names = ImmutableMap.builder();
      List<E> constants = List.of(type.getEnumConstants());
      for (int number = 0; number < constants.size(); number++) {
        names.put(constants.get(number).name(), number);
      }
      builder.put(
          type.getSimpleName(), EnumType.create(type.getSimpleName(), names.buildOrThrow()));
    }

    @Override
    public ImmutableCollection<CelType> types() {
      return ImmutableList.copyOf(types.values());
    }

    @Override
    public Optional<CelType> findType(String name) {
      return Optional.ofNullable(types.get(name));
    }
  }
}
