import { scenarioTests } from './scenario-tests.js'

scenarioTests(3000, 550)
