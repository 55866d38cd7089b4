import { scenarioTests } from './scenario-tests.js'

scenarioTests(1000, 60, 'checkpoints')
scenarioTests(1000, 60, 'partitions')
