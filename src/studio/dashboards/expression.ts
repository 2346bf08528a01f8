import { ExpressionError, type Node, parseExpression } from '../../cloudwatch/expression-syntax.js';
import { FUNCTIONS } from './expression-functions.js';
import { combine, type ExpressionContext, mapped, seriesOf, type Value } from './series-operations.js';

/** @throws ExpressionError */
export function evaluateExpression(text: string, context: ExpressionContext): Value {
  return evaluateNode(parseExpression(text), context);
}

function evaluateNode(node: Node, context: ExpressionContext): Value {
  switch (node.kind) {
    case 'number':
    case 'text':
      return node.value;
    case 'list':
      return node.items.flatMap((item) => seriesOf(evaluateNode(item, context)));
    case 'name':
      return named(node.name, context);
    case 'unary':
      return mapped(evaluateNode(node.operand, context), (value) =>
        node.operator === '-' ? -value : Number(value === 0),
      );
    case 'binary':
      return combine(node.operator, evaluateNode(node.left, context), evaluateNode(node.right, context));
    case 'call': {
      const called = Object.hasOwn(FUNCTIONS, node.name) ? FUNCTIONS[node.name] : undefined;
      if (called === undefined) throw new ExpressionError(`${node.name} is not evaluated here`);
      return called(
        node.args.map((arg) => () => evaluateNode(arg, context)),
        context,
      );
    }
  }
}

function named(name: string, context: ExpressionContext): Value {
  const value = context.valueOf(name);
  if (value !== undefined) return value;
  // ASC, REPEAT, SUM as an argument: a word.
  if (/^[A-Z]/.test(name)) return name;
  throw new ExpressionError(`no row has the id ${name}`);
}
